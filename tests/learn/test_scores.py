"""Scores by hand, intervals against their definition, and decisions by cost."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import balanced_accuracy_score, precision_recall_fscore_support

from trainset.errors import BadValue
from trainset.learn import floors, ridge
from trainset.learn.intervals import wilson
from trainset.learn.scores import confusion, decide, expected_costs, unit_costs
from trainset.learn.view import Whole

LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, -1, 1])
SAID = np.array([0, 0, 1, 1, 2, 2, 2, 2, 0, 1, -1])


def test_a_matrix_by_hand() -> None:
    scores = confusion(LABELS, SAID, 4)
    assert scores.matrix.tolist() == [[2, 1, 0, 0], [0, 1, 1, 0], [1, 0, 3, 0], [0, 0, 0, 0]]
    assert scores.samples == 9
    assert scores.true_positives.tolist() == [2, 1, 3, 0]
    assert scores.false_positives.tolist() == [1, 1, 1, 0]
    assert scores.false_negatives.tolist() == [1, 1, 1, 0]
    assert scores.true_negatives.tolist() == [5, 6, 4, 9]
    assert scores.worst(2) == [(0, 1, 1), (1, 2, 1)]
    assert scores.worst(9)[-1] == (2, 0, 1)
    assert scores.accuracy.value == pytest.approx(6 / 9)
    assert scores.cost(unit_costs(4)) == pytest.approx(3 / 9)


def test_shares_are_those_of_scikit_learn() -> None:
    draw = np.random.default_rng(0)
    codes = draw.integers(0, 5, 300)
    said = np.where(draw.random(300) < 0.6, codes, draw.integers(0, 5, 300))
    scores = confusion(codes, said, 5)
    precision, recall, f1, _ = precision_recall_fscore_support(codes, said)
    for ours, theirs in ((scores.precision, precision), (scores.recall, recall), (scores.f1, f1)):
        assert np.allclose(ours.value, theirs)
        assert (ours.low < ours.value).all()
        assert (ours.value < ours.high).all()
    assert scores.balanced_accuracy == pytest.approx(balanced_accuracy_score(codes, said))


def test_a_class_that_nobody_met_has_no_score() -> None:
    scores = confusion(LABELS, SAID, 4)
    assert np.isnan(scores.recall.value[3])
    assert (scores.recall.low[3], scores.recall.high[3]) == (0, 1)
    assert scores.balanced_accuracy == pytest.approx(np.mean([2 / 3, 1 / 2, 3 / 4]))
    assert np.isnan(confusion(LABELS[:0], SAID[:0], 2).balanced_accuracy)
    assert np.isnan(confusion(LABELS[:0], SAID[:0], 2).cost(unit_costs(2)))


@pytest.mark.parametrize(("hits", "count"), [(0, 10), (3, 10), (10, 10), (96, 100), (1, 1)])
def test_wilsons_interval_is_that_of_scipy(hits: int, count: int) -> None:
    theirs = binomtest(hits, count).proportion_ci(0.95, "wilson")
    low, high = wilson(hits, count)
    assert (float(low), float(high)) == pytest.approx((theirs.low, theirs.high))


def test_the_interval_of_f1_holds_the_truth_as_often_as_it_says() -> None:
    draw = np.random.default_rng(1)
    chances = np.array([[0.35, 0.10], [0.15, 0.40]])
    truth = 2 * 0.35 / (2 * 0.35 + 0.25)
    held = 0
    for _ in range(400):
        cells = draw.multinomial(200, chances.ravel()).reshape(2, 2)
        f1 = confusion(np.repeat([0, 0, 1, 1], cells.ravel()), np.repeat([0, 1, 0, 1], cells.ravel()), 2).f1
        held += bool(f1.low[0] <= truth <= f1.high[0])
    assert 0.92 <= held / 400 <= 0.98


def test_decisions_by_cost_avoid_the_mistake_that_hurts() -> None:
    probability = np.array([[0.9, 0.1], [0.6, 0.4], [0.99, 0.01]])
    costs = np.array([[0, 1], [50, 0]])  # to call a 1 a 0 costs fifty
    assert decide(probability).tolist() == [0, 0, 0]
    assert decide(probability, unit_costs(2)).tolist() == [0, 0, 0]
    assert decide(probability, costs).tolist() == [1, 1, 0]
    assert expected_costs(probability, np.array([0, 1, -1]), costs).tolist() == pytest.approx([5, 0.6, 0])


@pytest.mark.parametrize("costs", [np.ones((2, 2)), -unit_costs(2), np.zeros((3, 3)), np.full((2, 2), np.nan)])
def test_costs_that_are_none_are_refused(costs: np.ndarray) -> None:
    with pytest.raises(BadValue):
        decide(np.full((1, 2), 0.5), costs)


def test_floors_are_reached_by_guessing_and_a_telling_measure_is_seen() -> None:
    draw = np.random.default_rng(0)
    codes = np.repeat([0, 1, -1], [300, 200, 50])
    x = draw.normal(size=(550, 8)) + codes[:, None]
    head = ridge.fit(Whole(x), codes, 2)
    assert floors.majority(codes) == 0.6
    assert 0.45 < floors.shuffled(head, Whole(x)) < 0.65
    noise = draw.normal(size=(550, 2))
    noise[draw.random(550) < 0.2, 0] = np.nan
    assert floors.measures_only(noise, codes, 2) < 0.66
    told = np.column_stack([noise, np.exp(10 * codes + draw.normal(size=550))])
    assert floors.measures_only(told, codes, 2) > 0.95
    missing = np.where(codes[:, None] == 1, np.nan, 1.0)
    assert floors.measures_only(missing, codes, 2) > 0.95
    assert np.isnan(floors.majority(codes[-5:]))
