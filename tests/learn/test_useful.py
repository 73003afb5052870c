"""The most useful order: what is believed of a label, and a choice by rehearsal with the head itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn import calibration, ridge
from trainset.learn.orders import first, likely_wrong, margin
from trainset.learn.useful import TRUSTS, believed, blend, most_useful
from trainset.learn.view import Whole

Codes = NDArray[np.int64]


def planted(seed: int = 0) -> tuple[Whole, Codes, Codes]:
    """Three overlapping clouds, labels of which a quarter are another class, and the true ones."""
    draw = np.random.default_rng(seed)
    truth = np.repeat(np.arange(3), 100)
    x = 2.0 * np.eye(3)[truth] @ draw.normal(size=(3, 8)) + 1.5 * draw.normal(size=(300, 8))
    codes = np.where(draw.random(300) < 0.25, (truth + draw.integers(1, 3, 300)) % 3, truth)
    return Whole(x.astype(np.float32)), codes, truth


def head_of(view: Whole, codes: Codes) -> tuple[NDArray[np.float32], Callable[[Codes], NDArray[np.float32]]]:
    """Held-out probabilities for the labels given, and held-out scores for any."""
    head = ridge.fit(view, codes, 3)
    scores = ridge.held_out(head, view)

    def held_out(other: Codes) -> NDArray[np.float32]:
        return ridge.held_out(ridge.relabelled(head, view, other), view)

    return calibration.probabilities(scores, calibration.temperature(scores, codes)), held_out


def test_a_label_counts_for_its_class_and_an_answer_is_certain() -> None:
    view, codes, _ = planted()
    probability, _ = head_of(view, codes)
    rows = np.arange(300)
    reviewed = rows < 10
    belief = believed(probability, codes, reviewed)
    assert belief.sum(axis=1) == pytest.approx(1)
    assert (belief[rows, codes] >= probability[rows, codes]).all()
    assert (belief[:10] == np.eye(3)[codes[:10]]).all()
    assert belief[10:].max() < 1


def test_without_a_label_only_the_head_is_believed() -> None:
    view, codes, _ = planted()
    probability, _ = head_of(view, codes)
    some = np.where(np.arange(300) % 5 == 0, -1, codes)
    belief = believed(probability, some)
    assert belief[some < 0] == pytest.approx(probability[some < 0], abs=1e-6)
    assert np.isfinite(blend(belief, probability, some, 0.5)).all()


def test_a_blend_lies_between_margins_and_likely_errors() -> None:
    view, codes, truth = planted()
    probability, _ = head_of(view, codes)
    belief = believed(probability, codes)
    assert blend(belief, probability, codes, 0.0) == pytest.approx(margin(probability))
    assert blend(belief, probability, codes, 1.0) == pytest.approx(1 - belief[np.arange(300), codes])
    found = [np.mean((codes != truth)[first(blend(belief, probability, codes, trust), 60)]) for trust in TRUSTS]
    assert found == sorted(found)


def test_the_blend_is_the_one_whose_rehearsal_gains_most() -> None:
    view, codes, _ = planted()
    probability, _ = head_of(view, codes)
    belief = believed(probability, codes)
    best: NDArray[np.float64] = np.eye(3)[belief.argmax(axis=1)]
    worst: NDArray[np.float64] = np.eye(3)[belief.argmin(axis=1)]
    for wanted in (0.0, 1.0):
        needed = first(blend(belief, probability, codes, wanted), 1)[0]
        others = {trust: first(blend(belief, probability, codes, trust), 1)[0] for trust in TRUSTS}
        assert needed not in [row for trust, row in others.items() if trust in (0.0, 1.0) and trust != wanted]

        def held_out(corrected: Codes, needed: int = needed) -> NDArray[np.float64]:
            """Right about everything as soon as one sample has another label."""
            return best if corrected[needed] != codes[needed] else worst

        plan = most_useful(probability, codes, held_out, count=1, worlds=30)
        assert others[plan.trust] == needed
        assert plan.expected[wanted] == max(plan.expected.values()) > 0


def test_reviewing_in_that_order_makes_a_real_head_better_than_by_chance() -> None:
    gained: list[float] = []
    by_chance: list[float] = []
    for seed in range(5):
        view, codes, truth = planted(seed)
        probability, held_out = head_of(view, codes)
        plan = most_useful(probability, codes, held_out, count=40, seed=seed)
        assert plan.expected[plan.trust] == max(plan.expected.values())
        assert plan.values.shape == (300,)
        assert plan.values.min() > 0
        assert plan.values.max() == 1
        before = np.mean(held_out(codes).argmax(axis=1) == truth)
        for gains, values in ((gained, plan.values), (by_chance, np.random.default_rng(seed).random(300))):
            corrected = codes.copy()
            corrected[first(values, 40)] = truth[first(values, 40)]
            gains.append(float(np.mean(held_out(corrected).argmax(axis=1) == truth) - before))
    assert np.mean(gained) > np.mean(by_chance)


def test_the_same_seed_plans_the_same_and_what_was_reviewed_comes_last() -> None:
    view, codes, _ = planted()
    probability, held_out = head_of(view, codes)
    reviewed = likely_wrong(probability, codes) > 0.8
    assert 10 < reviewed.sum() < 200
    plan = most_useful(probability, codes, held_out, count=30, reviewed=reviewed, seed=3)
    again = most_useful(probability, codes, held_out, count=30, reviewed=reviewed, seed=3)
    assert plan.expected == again.expected
    assert np.array_equal(plan.values, again.values)
    assert (plan.values[reviewed] == 0).all()
    assert (plan.values[~reviewed] > 0).all()


def test_nothing_to_review_is_said() -> None:
    view, codes, _ = planted()
    probability, held_out = head_of(view, codes)
    with pytest.raises(BadValue, match="nothing to review"):
        most_useful(probability, codes, held_out, count=30, reviewed=np.ones(300, np.bool_))
    with pytest.raises(BadValue, match="nothing to review"):
        most_useful(probability, codes, held_out, count=0)
