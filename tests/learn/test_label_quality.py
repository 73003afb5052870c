"""Label errors that were planted are found, counted and told apart from what the embeddings cannot judge."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn import ridge
from trainset.learn.calibration import probabilities, temperature
from trainset.learn.error_rate import error_rate, pairs
from trainset.learn.label_quality import ambiguous, label_quality, outlier
from trainset.learn.mislabelled_groups import mislabelled_groups
from trainset.learn.view import Whole

Planted = tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]


def planted(share: float, apart: float = 2.5, count: int = 1500, classes: int = 4, seed: int = 0) -> Planted:
    """Embeddings, true codes, and codes of which some were changed."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, classes, count)
    x = (draw.normal(size=(classes, 20))[truth] * apart + draw.normal(size=(count, 20)) * 2).astype(np.float32)
    wrong = draw.random(count) < share
    return x, truth, np.where(wrong, (truth + draw.integers(1, classes, count)) % classes, truth)


def held_out(
    x: NDArray[np.float32], codes: NDArray[np.int64], groups: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    classes = int(codes.max()) + 1
    scores = ridge.held_out(ridge.fit(Whole(x), codes, classes, groups=groups), Whole(x), groups)
    return probabilities(scores, temperature(scores, codes))


@pytest.mark.parametrize("share", [0.03, 0.1, 0.3])
def test_planted_errors_are_found_and_their_number_lies_in_the_interval(share: float) -> None:
    x, truth, codes = planted(share)
    quality = label_quality(held_out(x, codes), codes)
    wrong = codes != truth
    assert not quality.weak
    assert quality.rate.low <= wrong.mean() <= quality.rate.high
    assert abs(quality.rate.value - wrong.mean()) < 0.05
    hit = (quality.flagged & wrong).sum()
    assert 2 * hit / (quality.flagged.sum() + wrong.sum()) > 0.8
    assert (quality.suggested[quality.flagged & wrong] == truth[quality.flagged & wrong]).mean() > 0.85
    assert (quality.score[wrong].mean() - quality.score[~wrong].mean()) > 0.5
    assert quality.pairs.sum() == pytest.approx(quality.rate.value * len(codes))
    assert (np.diag(quality.pairs) == 0).all()


def test_a_higher_cut_flags_fewer_and_the_score_says_which() -> None:
    x, _, codes = planted(0.1)
    probability = held_out(x, codes)
    loose, strict = label_quality(probability, codes, cut=0.5), label_quality(probability, codes, cut=0.95)
    assert strict.flagged.sum() < loose.flagged.sum()
    assert not (strict.flagged & ~loose.flagged).any()
    assert np.array_equal(loose.flagged, (loose.score >= 0.5) & (loose.suggested != codes))


def test_the_class_and_the_pair_that_are_wrong_are_named() -> None:
    x, truth, _ = planted(0.0)
    codes = truth.copy()
    three = np.flatnonzero(truth == 3)
    codes[three[: len(three) // 3]] = 1  # of what is called 1, a quarter is 3
    quality = label_quality(held_out(x, codes), codes)
    assert int(np.nanargmax(quality.class_rates)) == 1
    truly = (truth[codes == 1] == 3).mean()
    assert 0.3 * truly < quality.class_rates[1] < 1.3 * truly
    assert np.nanmax(quality.class_rates[[0, 2, 3]]) < 0.02
    assert divmod(int(quality.pairs.argmax()), 4) == (1, 3)
    assert quality.pairs[1, 3] == pytest.approx(quality.class_rates[1] * (codes == 1).sum(), rel=0.05)


def test_embeddings_that_know_nothing_flag_nothing_and_say_so() -> None:
    x, _, codes = planted(0.1)
    noise = np.random.default_rng(1).normal(size=x.shape).astype(np.float32)
    quality = label_quality(held_out(noise, codes), codes)
    assert quality.weak
    assert not quality.flagged.any()
    assert "too weak" in quality.why


def test_many_wrong_labels_are_not_taken_for_weak_embeddings() -> None:
    x, _, codes = planted(0.4)
    assert not label_quality(held_out(x, codes), codes).weak


def test_what_has_no_label_or_no_other_of_its_class_is_not_judged() -> None:
    x, _, codes = planted(0.0, count=300)
    codes[:20] = -1
    codes[20] = 4
    quality = label_quality(held_out(x, codes), codes)
    assert not quality.judged[:21].any()
    assert quality.judged[21:].all()
    assert not quality.score[:21].any()
    assert not quality.flagged[:21].any()
    assert (quality.suggested[:21] == -1).all()


def test_a_class_that_one_group_alone_has_is_not_judged() -> None:
    x, truth, codes = planted(0.0, count=300)
    groups = np.arange(300) // 2
    groups[truth == 2] = 1000
    quality = label_quality(held_out(x, codes, groups), codes, groups=groups)
    assert np.array_equal(quality.judged, codes != 2)


def test_when_no_class_can_be_judged_that_is_said() -> None:
    quality = label_quality(np.full((3, 3), 1 / 3), np.arange(3))
    assert quality.weak
    assert "one group alone" in quality.why


@pytest.mark.parametrize(
    ("probability", "cut"),
    [
        (np.full((3, 2), np.nan), None),
        (np.full((3, 2), 2.0), None),
        (np.full((2, 2), 0.5), None),
        (np.full((3, 2), 0.5), 1.5),
    ],
)
def test_what_are_no_probabilities_is_refused(probability: NDArray[np.float64], cut: float | None) -> None:
    with pytest.raises(BadValue):
        label_quality(probability, np.array([0, 1, 0]), cut=cut)


def test_clean_data_have_few_errors() -> None:
    x, _, codes = planted(0.0, apart=5)
    rate = error_rate(held_out(x, codes), codes)
    assert rate.value < 0.005
    assert rate.low == 0
    assert pairs(held_out(x, codes), codes, rate).sum() == pytest.approx(rate.value * len(codes))


def test_two_plausible_classes_are_ambiguous_and_three_are_not() -> None:
    score = ambiguous(np.array([[0.5, 0.48, 0.02], [0.9, 0.05, 0.05], [0.34, 0.33, 0.33], [0.6, 0.35, 0.05]]))
    assert score.tolist() == pytest.approx([0.96, 0, 0, 0.35 / 0.6])


def test_what_lies_far_from_everything_is_an_outlier() -> None:
    draw = np.random.default_rng(0)
    usual = np.exp(draw.normal(size=(500, 1)) * 0.1) * 0.3
    score, far = outlier(np.concatenate([usual, [[1.2]]]).astype(np.float32))
    assert far[-1]
    assert far[:-1].sum() <= 1
    assert score.argmax() == 500
    assert 0 <= score.min() <= score.max() <= 1
    assert outlier(np.empty((0, 5), np.float32))[1].shape == (0,)


def test_a_contributor_who_mixed_up_two_classes_is_found_alone() -> None:
    x, truth, codes = planted(0.02, count=1200)
    contributor = np.random.default_rng(3).integers(0, 20, 1200)
    theirs = (contributor == 7) & (truth == 2)
    codes[theirs] = 0
    found = mislabelled_groups(held_out(x, codes, contributor), codes, contributor)
    assert [(each.group, each.given, each.suggested) for each in found] == [(7, 0, 2)]
    assert found[0].wrong >= 0.8 * theirs.sum()
    assert found[0].chance < 0.01


def test_errors_by_chance_are_nobodys_fault() -> None:
    x, _, codes = planted(0.15, count=1200)
    contributor = np.random.default_rng(3).integers(0, 100, 1200)
    assert mislabelled_groups(held_out(x, codes, contributor), codes, contributor) == []
    assert mislabelled_groups(held_out(x, codes), codes, np.full(1200, -1)) == []
