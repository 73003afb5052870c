"""The label model: better than most votes where rules differ or repeat one another, and never surer than it may be."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainset.learn.label_model import label_model, majority


def rule(draw: np.random.Generator, truth: NDArray[np.int64], code: int, hit: float, false: float) -> NDArray[np.bool_]:
    return draw.random(len(truth)) < np.where(truth == code, hit, false)


@pytest.fixture
def repeated() -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Two classes; two good rules of each, and one bad rule of class 1 that is there five times."""
    draw = np.random.default_rng(0)
    truth = draw.integers(0, 2, 4000)
    bad = rule(draw, truth, 1, 0.5, 0.35)
    good = [rule(draw, truth, code, 0.6, 0.05) for code in (0, 0, 1, 1)]
    return np.stack([*good, bad, bad, bad, bad, bad], axis=1), np.array([0, 0, 1, 1, 1, 1, 1, 1, 1]), truth


@pytest.mark.parametrize("labelled", [0, 200])
def test_a_rule_that_is_there_five_times_counts_once(
    repeated: tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]], labelled: int
) -> None:
    fired, says, truth = repeated
    known = np.where(np.arange(len(truth)) < labelled, truth, -1)
    model = label_model(fired, says, known, 2)
    rest = fired.any(axis=1) & (known < 0)
    right = (model.probabilities(fired).argmax(axis=1) == truth)[rest].mean()
    votes = (majority(fired, says, 2).argmax(axis=1) == truth)[rest].mean()
    assert right > votes + 0.05
    assert model.overlap[4, 5] > 0.95
    assert model.overlap[0, 1] < 0.2


def test_few_labels_turn_no_rule_against_its_class() -> None:
    draw = np.random.default_rng(3)
    truth = np.arange(2000) % 2
    fired = np.stack([rule(draw, truth, code, 0.1, 0.06) for code in (0, 0, 0, 1, 1, 1)], axis=1)
    says = np.array([0, 0, 0, 1, 1, 1])
    for seed in range(10):
        known = np.full(2000, -1)
        some = np.random.default_rng(seed).permutation(2000)[:60]
        known[some] = truth[some]
        model = label_model(fired, says, known, 2)
        assert (model.precision[np.arange(6), says] >= model.balance[says]).all()


@pytest.mark.parametrize(("unlike", "least", "most"), [(False, 0.0, 0.13), (True, 0.2, 1.0)])
def test_rules_that_differ_no_more_than_by_chance_are_taken_for_alike(unlike: bool, least: float, most: float) -> None:
    draw = np.random.default_rng(4)
    truth = draw.integers(0, 2, 2000)
    says = np.arange(20) % 2
    false = [0.02 if unlike and number < 10 else 0.12 for number in range(20)]
    fired = np.stack([rule(draw, truth, int(code), 0.2, each) for code, each in zip(says, false, strict=True)], axis=1)
    known = np.where(np.arange(2000) < 300, truth, -1)
    own = label_model(fired, says, known, 2).precision[np.arange(20), says]
    assert least <= np.quantile(own, 0.9) - np.quantile(own, 0.1) <= most


def test_precision_is_what_people_say_once_they_have_said_enough() -> None:
    draw = np.random.default_rng(1)
    truth = draw.integers(0, 3, 3000)
    fired = np.stack([rule(draw, truth, code, 0.5, false) for code, false in ((0, 0.02), (1, 0.2), (2, 0.5))], axis=1)
    model = label_model(fired, np.arange(3), truth, 3)
    for code in range(3):
        assert model.precision[code, code] == pytest.approx((truth[fired[:, code]] == code).mean(), abs=0.02)


def test_one_rule_alone_is_as_sure_as_it_is_precise() -> None:
    draw = np.random.default_rng(2)
    truth = draw.integers(0, 2, 2000)
    fired = rule(draw, truth, 1, 0.5, 0.1)[:, None]
    model = label_model(fired, np.array([1]), truth, 2)
    assert model.probabilities(np.array([[True]]))[0, 1] == pytest.approx(model.precision[0, 1], abs=1e-9)


def test_no_rules_no_samples_one_class_and_labels_of_other_classes_are_no_trouble() -> None:
    empty = label_model(np.zeros((4, 0), bool), np.array([], np.int64), np.full(4, -1), 2)
    assert empty.probabilities(np.zeros((1, 0))).tolist() == [[0.5, 0.5]]
    none = label_model(np.zeros((0, 2), bool), np.array([0, 1]), np.array([], np.int64), 2)
    assert none.probabilities(np.array([[1, 0]]))[0].argmax() == 0
    alone = label_model(np.ones((3, 1), bool), np.array([0]), np.full(3, -1), 1)
    assert alone.probabilities(np.ones((1, 1))).tolist() == [[1.0]]


def test_a_rule_of_a_rare_class_that_speaks_of_everything_is_not_believed() -> None:
    draw = np.random.default_rng(3)
    truth = draw.integers(0, 50, 5000)
    greedy = np.ones(5000, bool)
    good = rule(draw, truth, 7, 0.8, 0.002)
    model = label_model(np.stack([greedy, good], axis=1), np.array([3, 7]), np.full(5000, -1), 50)
    assert model.probabilities(np.array([[1, 1]]))[0].argmax() == 7
