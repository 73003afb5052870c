"""Samples against the rest of their class: the tests are those of the textbooks, and of several classes none passes for another."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from trainset.learn import within


def test_ranks_are_within_a_class_ties_share_their_mean_and_nothing_has_none() -> None:
    found = within.ranked(np.array([5, 1, 1, np.nan, 9, 7]), np.array([0, 0, 0, 0, 1, 1]), 2)
    np.testing.assert_array_equal(found.ranks, [3, 1.5, 1.5, np.nan, 2, 1])
    assert found.sizes.tolist() == [3, 2]
    assert found.ties.tolist() == [6, 0]
    assert found.usual[0] == 1
    assert found.tied == pytest.approx(3 / 5)


def test_of_one_class_it_is_the_test_of_mann_and_whitney() -> None:
    draw = np.random.default_rng(0)
    values = np.append(draw.normal(0.4, 1, 60), draw.normal(0, 1, 200)).round(1)
    found = within.compare_numbers(
        [within.ranked(values, np.zeros(260, np.int64), 1)], np.zeros(260, np.int64), np.arange(60)
    )
    theirs = stats.mannwhitneyu(values[:60], values[60:], use_continuity=False, method="asymptotic")
    assert found.p[0] == pytest.approx(theirs.pvalue)
    assert found.effect[0] == pytest.approx(2 * theirs.statistic / (60 * 200) - 1)


@pytest.mark.parametrize("size", [5, 8, 20])
def test_few_samples_at_one_end_are_not_less_likely_than_they_are(size: int) -> None:
    values = np.arange(200.0)
    column = within.ranked(values, np.zeros(200, np.int64), 1)
    found = within.compare_numbers([column], np.zeros(200, np.int64), np.arange(size))
    exact = 2 / math.comb(200, size)
    assert exact <= found.p[0] < 1e-4
    assert found.effect[0] == pytest.approx(-1)


def test_a_number_that_only_differs_between_classes_says_nothing() -> None:
    draw = np.random.default_rng(1)
    classes = np.repeat([0, 1], [1000, 200])
    values = classes * 10 + draw.normal(size=1200)
    part = np.append(draw.choice(1000, 10, replace=False), 1000 + draw.choice(200, 60, replace=False))
    found = within.compare_numbers([within.ranked(values, classes, 2)], classes, part)
    assert found.p[0] > 0.01
    alone = within.compare_numbers([within.ranked(values, classes * 0, 1)], classes * 0, part)
    assert alone.p[0] < 1e-10


def test_counts_of_one_class_are_tested_as_fisher_did() -> None:
    carriers, sizes, mine = np.array([[40, 3]]), np.array([300]), np.array([30])
    counts = np.array([[18, 3]])
    found = within.compare_counts(carriers, sizes, mine, counts)
    for mark, (hits, all_) in enumerate([(18, 40), (3, 3)]):
        tail = min(stats.hypergeom.sf(hits - 1, 300, all_, 30), stats.hypergeom.cdf(hits, 300, all_, 30))
        assert found.p[mark] == pytest.approx(2 * tail)
    assert found.inside.tolist() == [0.6, 0.1]
    np.testing.assert_allclose(found.rest, [22 / 270, 0])
    assert found.least[1] == pytest.approx(2 * stats.hypergeom.pmf(3, 300, 3, 30))


def test_counts_of_several_classes_have_the_exact_chance() -> None:
    carriers, sizes, mine, counts = (
        np.array([[2], [3], [5]]),
        np.array([9, 8, 12]),
        np.array([3, 4, 3]),
        np.array([[2], [3], [3]]),
    )
    found = within.compare_counts(carriers, sizes, mine, counts)
    exact = 0.0
    for one, two, three in itertools.product(range(3), range(4), range(4)):
        if one + two + three >= 8:
            exact += (
                stats.hypergeom.pmf(one, 9, 2, 3)
                * stats.hypergeom.pmf(two, 8, 3, 4)
                * stats.hypergeom.pmf(three, 12, 5, 3)
            )
    assert found.p[0] == pytest.approx(2 * exact)


def test_a_mark_that_only_differs_between_classes_says_nothing() -> None:
    carriers, sizes = np.array([[900], [10]]), np.array([1000, 1000])
    found = within.compare_counts(carriers, sizes, np.array([90, 10]), np.array([[81], [0]]))
    assert found.p[0] > 0.5
    assert abs(found.effect[0]) < 0.01


def test_counts_of_very_many_are_bounded_from_above() -> None:
    carriers, sizes, mine = np.array([[30_000]]), np.array([200_000]), np.array([40_000])
    found = within.compare_counts(carriers, sizes, mine, np.array([[6_400]]))
    exact = 2 * stats.hypergeom.sf(6_399, 200_000, 30_000, 40_000)
    assert exact <= found.p[0] < 1e-6


def test_a_class_that_lies_in_the_part_whole_is_compared_with_nothing() -> None:
    classes = np.array([0] * 6 + [1] * 20)
    column = within.ranked(np.arange(26.0), classes, 2)
    found = within.compare_numbers([column], classes, np.arange(8))
    assert found.known[0] == 2
    assert within.compare_counts(np.array([[3]]), np.array([6]), np.array([6]), np.array([[3]])).p[0] == 1


def test_the_interval_of_a_shift_holds_the_shift() -> None:
    draw, held = np.random.default_rng(2), 0
    classes = np.repeat([0, 1, 2], 60)
    part = np.concatenate([np.arange(10), 60 + np.arange(5), 120 + np.arange(15)])
    for _ in range(300):
        values = classes * 7 + draw.normal(size=180)
        values[part] -= 2
        _, _, by, low, high = within.shift(within.ranked(values, classes, 3), classes, part)
        held += low <= -2 <= high
        assert low <= by <= high
    assert held >= 0.92 * 300


def test_a_shift_is_the_difference_of_medians_of_one_class() -> None:
    values = np.array([-60, -58, -56, -57, -61, -27, -25, -28, -26, -29, -27, np.nan])
    inside, rest, by, low, high = within.shift(
        within.ranked(values, np.zeros(12, np.int64), 1), np.zeros(12, np.int64), np.arange(5)
    )
    assert (inside, rest, by) == (-58, -27, -31)
    assert low < -31 < high < 0


def test_looks_are_corrected_as_holm_did() -> None:
    np.testing.assert_allclose(within.holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    assert within.holm(np.empty(0)).tolist() == []


def test_the_interval_of_a_difference_of_shares_is_newcombes() -> None:
    low, high = within.difference(56, 70, 48 / 80, 80)  # Newcombe 1998, table II, (a), method 10
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)
