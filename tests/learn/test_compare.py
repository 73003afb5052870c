"""Comparisons of predictions: intervals against what is known by hand and by drawing many times."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from trainset.errors import BadValue
from trainset.learn.compare import compare, mcnemar
from trainset.learn.redraw import redrawn, times


def pair(lost: int, gained: int, right: int, wrong: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels all 0, and predictions before and after."""
    before = np.repeat([0, 1, 0, 1], [lost, gained, right, wrong])
    after = np.repeat([1, 0, 0, 1], [lost, gained, right, wrong])
    return np.zeros(len(before), np.int64), before, after


def test_the_interval_of_a_table_is_that_of_agresti_and_min() -> None:
    found = compare(*pair(5, 25, 60, 10), 2)
    assert found.accuracy.value == pytest.approx(0.2)
    assert (found.before, found.after) == (0.65, 0.85)
    n, b, c = 102, 5.5, 25.5  # half a sample in each of the four cells
    centre, half = (c - b) / n, 1.96 * (b + c - (c - b) ** 2 / n) ** 0.5 / n
    assert found.accuracy.low == pytest.approx(centre - half, abs=0.002)
    assert found.accuracy.high == pytest.approx(centre + half, abs=0.002)
    assert found.accuracy.verdict == "better"
    assert [len(found.lost), len(found.gained)] == [5, 25]
    assert found.p == pytest.approx(binomtest(5, 30).pvalue)


def test_equal_predictions_are_not_said_to_be_surely_equal() -> None:
    found = compare(*pair(0, 0, 80, 20), 2)
    assert found.accuracy.verdict == "open"
    assert found.accuracy.low < 0 < found.accuracy.high
    assert found.accuracy.high < 0.03
    assert found.p == 1.0
    assert mcnemar(0, 0) == 1


def test_better_and_worse_change_places_with_the_sides() -> None:
    codes, before, after = pair(20, 2, 50, 28)
    one, other = compare(codes, before, after, 2), compare(codes, after, before, 2)
    assert one.accuracy.verdict == "worse"
    assert other.accuracy.verdict == "better"
    assert one.accuracy.low == pytest.approx(-other.accuracy.high)
    assert one.lost.tolist() == other.gained.tolist()


def test_an_interval_covers_what_is_true_for_few_samples_too() -> None:
    draw = np.random.default_rng(1)
    for count in (20, 60, 300):
        inside = []
        for _ in range(400):
            kind = draw.choice(4, size=count, p=[0.05, 0.15, 0.7, 0.1])
            before, after = np.isin(kind, (1, 3)).astype(int), np.isin(kind, (0, 3)).astype(int)
            found = compare(np.zeros(count, np.int64), before, after, 2).accuracy
            inside.append(found.low <= 0.1 <= found.high)
        assert np.mean(inside) > 0.92, count


def test_contributors_are_resampled_whole() -> None:
    draw = np.random.default_rng(2)
    alone, whole = [], []
    for _ in range(200):  # equal versions, of which each contributor's samples all go one way or the other
        groups = np.repeat(np.arange(20), 15)
        way = draw.integers(2, size=20)[groups]
        codes, before, after = np.zeros(300, np.int64), way, 1 - way
        alone.append(compare(codes, before, after, 2).accuracy.verdict)
        found = compare(codes, before, after, 2, groups=groups)
        assert found.groups == 20
        whole.append(found.accuracy.verdict)
    assert np.mean(np.array(alone) != "open") > 0.4
    assert np.mean(np.array(whole) != "open") < 0.08


def test_one_contributor_of_all_says_nothing_of_others_and_samples_stand_by_themselves() -> None:
    codes, before, after = pair(5, 25, 60, 10)
    found = compare(codes, before, after, 2, groups=np.zeros(100))
    assert found.groups == 0
    assert found.accuracy == compare(codes, before, after, 2).accuracy


def test_draws_of_training_samples_widen_an_interval_as_much_as_they_vary() -> None:
    draw = np.random.default_rng(3)
    called = {"alone": 0, "again": 0}
    for _ in range(200):  # each model is off by what its training samples made of it; none is better
        skill = draw.normal(0.8, 0.04, size=(2, 9))
        before, after = ((draw.random((9, 400)) > each[:, None]).astype(np.int64) for each in skill)
        codes = np.zeros(400, np.int64)
        called["alone"] += compare(codes, before[0], after[0], 2).accuracy.verdict != "open"
        found = compare(codes, before[0], after[0], 2, again=(before[1:], after[1:]))
        called["again"] += found.accuracy.verdict != "open"
    assert called["alone"] > 40
    assert called["again"] < 18


def test_draws_that_change_single_samples_alone_are_not_counted_twice() -> None:
    draw = np.random.default_rng(4)
    before, after = ((draw.random((31, 2000)) > 0.8).astype(np.int64) for _ in range(2))
    found = compare(np.zeros(2000, np.int64), before[0], after[0], 2, again=(before[1:], after[1:])).accuracy
    assert found.of_training < 0.5 * found.of_test


def test_of_many_classes_alike_hardly_any_is_said_to_have_changed() -> None:
    draw = np.random.default_rng(5)
    said = []
    for _ in range(60):
        codes = np.arange(1500) % 50
        before, after = (np.where(draw.random(1500) < 0.7, codes, (codes + 1) % 50) for _ in range(2))
        said.append(compare(codes, before, after, 50).classes.changed.any())
    assert sum(said) <= 6


def test_a_class_that_is_lost_is_found_among_many_and_one_without_samples_is_no_number() -> None:
    draw = np.random.default_rng(6)
    codes = np.arange(1500) % 30
    before = np.where(draw.random(1500) < 0.9, codes, 30)
    after = np.where(codes == 7, 30, before)
    found = compare(codes, before, after, 31).classes
    assert np.flatnonzero(found.changed).tolist() == [7]
    assert found.high[7] < -0.5
    assert found.samples[30] == 0
    assert np.isnan(found.value[30])


def test_macro_recall_weighs_classes_alike() -> None:
    codes = np.repeat([0, 1], [90, 10])
    after = codes.copy()
    before = np.where(np.arange(100) >= 95, 0, codes)
    found = compare(codes, before, after, 2)
    assert found.accuracy.value == pytest.approx(0.05)
    assert found.macro_recall.value == pytest.approx(0.25)
    assert found.macro_recall.high - found.macro_recall.low > 3 * (found.accuracy.high - found.accuracy.low)


def test_a_dear_mistake_that_nobody_has_made_widens_the_interval_of_harm() -> None:
    codes, before, after = pair(0, 10, 80, 10)
    plain = compare(codes, before, after, 2, costs=1 - np.eye(2)).saved
    assert plain is not None
    assert plain.value == pytest.approx(100)
    dear = compare(codes, before, after, 3, costs=np.array([[0, 1, 50], [1, 0, 1], [1, 1, 0]])).saved
    assert dear is not None
    assert dear.value == pytest.approx(100)
    assert (plain.verdict, dear.verdict) == ("better", "open")


def test_what_flips_in_every_training_comes_first() -> None:
    codes, before, after = np.zeros(4, np.int64), np.zeros(4, np.int64), np.array([1, 1, 0, 0])
    again = np.zeros((4, 4), np.int64), np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0]])
    found = compare(codes, before, after, 2, again=again)
    assert found.lost.tolist() == [1, 0]
    assert found.steady[[1, 0]].tolist() == [1, 0.25]


def test_no_sample_is_no_number_and_what_does_not_fit_is_refused() -> None:
    none = np.empty(0, np.int64)
    found = compare(none, none, none, 2)
    assert np.isnan(found.accuracy.value)
    assert found.accuracy.verdict == "open"
    two = np.zeros(2, np.int64)
    with pytest.raises(BadValue, match="do not fit"):
        compare(two, two, none, 2)
    with pytest.raises(BadValue, match="trained again"):
        compare(two, two, two, 2, again=(np.zeros((3, 2)), np.zeros((3, 4))))
    with pytest.raises(BadValue, match="costs"):
        compare(two, two, two, 2, costs=np.array([[0, -1], [1, 0]]))


def test_a_key_has_its_weight_in_whatever_set_it_comes() -> None:
    keys = np.arange(20_000)
    weights = redrawn(keys, 3)
    assert weights.mean() == pytest.approx(1, abs=0.03)
    assert weights.var() == pytest.approx(1, abs=0.06)
    assert redrawn(keys[5:7], 3).tolist() == weights[5:7].tolist()
    assert abs(np.corrcoef(weights, redrawn(keys, 4))[0, 1]) < 0.03
    often = times(keys, 3)
    assert often.mean() == pytest.approx(1, abs=0.03)
    assert (often == 0).mean() == pytest.approx(np.exp(-1), abs=0.02)
