"""Harm: counts times costs, an interval that holds it, the dearest first, and decisions that keep it least."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn import orders
from trainset.learn.harm import costs_of_classes, harm, saved
from trainset.learn.scores import decide, unit_costs

COSTS = np.array([[0, 50.0, 1], [1, 0, 1], [1, 1, 0]])


def test_harm_is_count_times_cost_and_the_dearest_comes_first() -> None:
    found = harm(np.array([[90, 2, 8], [30, 70, 0], [0, 0, 100]]), COSTS)
    assert (found.total, found.samples) == (138, 300)
    assert found.per_thousand == pytest.approx(460)
    assert found.low < 460 < found.high
    assert found.worst(2) == [(0, 1), (1, 0)]
    assert found.worst(9) == [(0, 1), (1, 0), (0, 2)]


def test_of_unit_costs_it_is_the_share_of_mistakes() -> None:
    found = harm(np.array([[90, 10], [5, 95]]), unit_costs(2))
    assert found.per_thousand == pytest.approx(75)


def test_a_mistake_not_seen_yet_may_still_come() -> None:
    none = harm(np.array([[100, 0, 0], [0, 100, 0], [0, 0, 100]]), COSTS)
    assert (none.total, none.low) == (0, 0)
    assert none.high == pytest.approx(50 * 3.689 / 300 * 1000, rel=0.01)  # the upper end of none of a Poisson count
    without = harm(np.array([[0, 0, 0], [0, 100, 0], [0, 0, 100]]), COSTS)
    assert without.high < 20  # no sample of the row whose mistakes are dear
    assert np.isnan(harm(np.zeros((2, 2)), unit_costs(2)).per_thousand)
    assert harm(np.array([[3, 4]]), np.zeros((1, 2))).high == 0


@pytest.mark.parametrize("rates", [(0.97, 0.002, 0.028), (0.6, 0.2, 0.2), (0.9, 0.0004, 0.0996)])
def test_the_interval_holds_the_harm_of_what_it_was_drawn_from(rates: tuple[float, ...]) -> None:
    draw, held = np.random.default_rng(0), 0
    expected = 1000 * sum(rate * cost for rate, cost in zip(rates, COSTS[0], strict=True))
    for _ in range(400):
        found = harm(np.array([draw.multinomial(400, rates)]), COSTS[:1])
        held += found.low <= expected <= found.high
    assert held >= 0.94 * 400


def test_least_expected_harm_decides_against_the_dear_mistake() -> None:
    probability = np.array([[0.1, 0.8, 0.1], [0.01, 0.9, 0.09]])
    assert decide(probability).tolist() == [1, 1]
    assert decide(probability, COSTS).tolist() == [0, 1]  # 0.1 x 50 is more than 0.9, 0.01 x 50 less than 0.99
    draw = np.random.default_rng(1)
    chances = draw.dirichlet([1, 1, 1], 4000)
    truth = np.array([draw.choice(3, p=row) for row in chances])
    likely, harmless = decide(chances), decide(chances, COSTS)
    less, low, high = saved(COSTS[truth, likely], COSTS[truth, harmless])
    assert 0 < low < less < high
    assert (truth == likely).mean() > (truth == harmless).mean()
    assert np.isnan(saved(np.empty(0), np.empty(0))[0])


def test_the_order_by_harm_is_likely_wrong_weighted_by_what_it_would_cost() -> None:
    probability = np.array([[0.9, 0.1, 0.0], [0.1, 0.9, 0.0], [0.5, 0.25, 0.25], [0.0, 0.5, 0.5]])
    codes = np.array([0, 1, -1, 2])
    found = orders.harmful(probability, codes, COSTS)
    assert found.tolist() == pytest.approx([0.1, 0.1 * 50, 0.5, 0.5])
    assert orders.first(found, 1).tolist() == [1]
    unit = orders.harmful(probability, codes, unit_costs(3))
    wrong = orders.likely_wrong(probability, codes)
    assert bool(np.allclose(unit, wrong))


def test_costs_of_a_class_are_those_of_its_labels_as_often_as_they_come() -> None:
    of_labels = np.array([[0, 9.0], [1, 0], [4, 0], [7, 0]])
    found = costs_of_classes(of_labels, np.array([0, 1, 1, 1]), np.array([5, 3, 1, 0]), 2)
    np.testing.assert_allclose(found, np.array([[0, 9], [1.75, 0]]))
    np.testing.assert_allclose(costs_of_classes(of_labels, np.array([0, 1, 1, 1]), np.zeros(4, np.int64), 2)[1], [4, 0])


@pytest.mark.parametrize("costs", [-COSTS, np.full((3, 3), np.nan), np.full((3, 3), np.inf), COSTS[:2]])
def test_costs_that_are_none_are_a_clear_error(costs: NDArray[np.float64]) -> None:
    with pytest.raises(BadValue, match="costs do not fit"):
        harm(np.ones((3, 3)), costs)
