"""The ridge head against training again without each sample or group: exact, whatever the data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn import left_out, ridge
from trainset.learn.labels import balanced
from trainset.learn.view import Rooted, View, Whole


def refit(
    x: NDArray[Any],
    codes: NDArray[Any],
    classes: int,
    weights: NDArray[Any],
    penalty: float,
    keep: NDArray[np.bool_],
    at: int,
) -> NDArray[np.float64]:
    """The textbook: centred, solved, for one sample."""
    rows = keep & (codes >= 0) & (weights > 0)
    w, a, y = weights[rows], x[rows].astype(np.float64), np.eye(classes)[codes[rows]]
    mean, base = w @ a / w.sum(), w @ y / w.sum()
    a = a - mean
    slope = np.linalg.solve(a.T @ (w[:, None] * a) + penalty * np.eye(x.shape[1]), a.T @ (w[:, None] * (y - base)))
    said: NDArray[np.float64] = (x[at] - mean) @ slope + base
    return said


@dataclass(frozen=True)
class InBatches:
    """The same rows in other batches."""

    x: NDArray[np.float32]
    size: int

    @property
    def dim(self) -> int:
        return int(self.x.shape[1])

    def __len__(self) -> int:
        return len(self.x)

    def batches(self) -> Iterator[NDArray[np.float32]]:
        yield from (self.x[start : start + self.size] for start in range(0, len(self.x), self.size))

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return self.x[rows]


@dataclass(frozen=True)
class Problem:
    x: NDArray[np.float32]
    codes: NDArray[np.int64]
    weights: NDArray[np.float64]
    groups: NDArray[np.int64]
    classes: int


def problem(
    seed: int,
    *,
    count: int = 50,
    dim: int = 6,
    classes: int = 3,
    rank: int = 99,
    groups: int = 8,
    unlabelled: float = 0.2,
) -> Problem:
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(count, min(rank, dim))) @ draw.normal(size=(min(rank, dim), dim)) + 30
    codes = draw.integers(0, classes, count)
    codes[:classes] = np.arange(classes)
    codes[classes:][draw.random(count - classes) < unlabelled] = -1
    numbers = draw.integers(0, groups, count)
    numbers[:2] = -7, 99  # two samples of different classes alone: no group holds everything
    return Problem(x.astype(np.float32), codes, draw.uniform(0.2, 3, count), numbers, classes)


kinds = st.sampled_from(
    [
        {},
        {"dim": 1},
        {"rank": 2, "dim": 9},
        {"count": 12, "dim": 30},
        {"groups": 1},
        {"groups": 2, "count": 80},
        {"classes": 2},
        {"unlabelled": 0.0},
        {"classes": 10},
    ]
)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), kinds, st.booleans(), st.sampled_from([None, 1e-2, 3.0, 1e3]))
def test_predictions_are_those_of_training_again_without_the_sample_or_group(
    seed: int, kind: dict[str, Any], weighted: bool, penalty: float | None
) -> None:
    p = problem(seed, **kind)
    weights = p.weights if weighted else np.ones(len(p.x))
    view = Whole(p.x)
    head = ridge.fit(view, p.codes, p.classes, weights=weights if weighted else None, groups=p.groups, penalty=penalty)
    alone, grouped = ridge.held_out(head, view), ridge.held_out(head, view, p.groups)
    every = np.arange(len(p.x))
    for at in every.tolist():
        one = refit(p.x, p.codes, p.classes, weights, head.penalty, every != at, at)
        whole = refit(p.x, p.codes, p.classes, weights, head.penalty, p.groups != p.groups[at], at)
        assert np.allclose(alone[at], one, atol=2e-4)
        assert np.allclose(grouped[at], whole, atol=2e-4)


def test_the_reported_errors_of_penalties_are_those_of_held_out_predictions_and_the_least_is_taken() -> None:
    p = problem(3)
    for groups in (None, p.groups):
        head = ridge.fit(Whole(p.x), p.codes, 3, groups=groups)
        assert len(head.tried) == len(ridge.PENALTIES)
        labelled = p.codes >= 0
        for penalty, error in head.tried:
            other = ridge.fit(Whole(p.x), p.codes, 3, penalty=penalty)
            apart = ridge.held_out(other, Whole(p.x), groups)[labelled] - np.eye(3)[p.codes[labelled]]
            assert error == pytest.approx(float(np.square(apart).sum(axis=1).mean()), rel=1e-4)
        assert head.penalty == min(head.tried, key=lambda each: each[1])[0]


def test_a_weight_of_two_is_the_row_twice_and_leaves_both_out() -> None:
    p = problem(1, unlabelled=0.0)
    weights = np.random.default_rng(0).integers(1, 4, len(p.x))
    rows = np.repeat(np.arange(len(p.x)), weights)
    weighted = ridge.fit(Whole(p.x), p.codes, 3, weights=weights, penalty=2.0)
    repeated = ridge.fit(Whole(p.x[rows]), p.codes[rows], 3, penalty=2.0)
    assert np.allclose(weighted.coefficients, repeated.coefficients, atol=1e-6)
    alone = ridge.held_out(weighted, Whole(p.x))
    assert np.allclose(alone[rows], ridge.held_out(repeated, Whole(p.x[rows]), rows), atol=1e-4)


def test_class_weights_are_over_sampling() -> None:
    codes = np.array([0] * 12 + [1] * 3 + [2] * 4 + [-1])
    x = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    times = np.array([1, 4, 3, 0])[codes]
    rows = np.repeat(np.arange(20), times)
    scale = 19 / times.sum()  # balanced weights have mean 1, so the penalty shrinks with them
    weighted = ridge.fit(Whole(x), codes, 3, weights=balanced(codes, 3), penalty=1.0 * scale)
    repeated = ridge.fit(Whole(x[rows]), codes[rows], 3, penalty=1.0)
    assert np.allclose(weighted.coefficients, repeated.coefficients, atol=1e-6)


@pytest.mark.parametrize("size", [1, 7, 49, 1000])
@pytest.mark.parametrize("precise", [True, False])
def test_batches_change_nothing(size: int, precise: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    p = problem(5)
    if not precise:
        monkeypatch.setattr(ridge, "_PRECISE", 0)
    whole: View = Whole(p.x)
    head = ridge.fit(whole, p.codes, 3, weights=p.weights, groups=p.groups)
    other = ridge.fit(InBatches(p.x, size), p.codes, 3, weights=p.weights, groups=p.groups)
    assert other.penalty == pytest.approx(head.penalty, rel=1e-4)
    same = ridge.held_out(other, InBatches(p.x, size), p.groups)
    assert np.allclose(ridge.held_out(head, whole, p.groups), same, atol=1e-3)


def test_single_precision_is_near_double_at_the_floor_of_the_penalty(monkeypatch: pytest.MonkeyPatch) -> None:
    p = problem(2, count=400, dim=40, rank=10, unlabelled=0.0)
    exact = ridge.held_out(ridge.fit(Whole(p.x), p.codes, 3, penalty=0.0), Whole(p.x))
    monkeypatch.setattr(ridge, "_PRECISE", 0)
    single = ridge.held_out(ridge.fit(Whole(p.x), p.codes, 3, penalty=0.0), Whole(p.x))
    assert np.abs(exact - single).max() < 0.02


def test_neither_origin_nor_turning_nor_scale_changes_predictions() -> None:
    p = problem(7)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0]
    said = ridge.held_out(ridge.fit(Whole(p.x), p.codes, 3), Whole(p.x))
    for x in (p.x + 50, p.x * 1000, p.x @ turn):
        changed = Whole(x.astype(np.float32))
        assert np.allclose(ridge.held_out(ridge.fit(changed, p.codes, 3), changed), said, atol=1e-3)


def test_columns_that_are_constant_or_twice_there_are_no_trouble() -> None:
    p = problem(7, unlabelled=0.0)
    x = np.concatenate([p.x, p.x, np.full((50, 3), 8, np.float32)], axis=1)
    said = ridge.held_out(ridge.fit(Whole(p.x), p.codes, 3, penalty=2.0), Whole(p.x))
    assert np.allclose(ridge.held_out(ridge.fit(Whole(x), p.codes, 3, penalty=4.0), Whole(x)), said, atol=1e-4)
    flat = ridge.held_out(ridge.fit(Whole(np.ones((50, 4))), p.codes, 3), Whole(np.ones((50, 4))))
    shares = (
        np.bincount(p.codes, minlength=3) - np.eye(3)[p.codes]
    ) / 49  # nothing to see: the classes' shares among the others
    assert np.allclose(flat, shares, atol=1e-6)


def test_other_labels_come_from_the_same_gram_matrix() -> None:
    p = problem(4)
    other = np.where(p.codes >= 0, np.roll(np.where(p.codes < 0, 1, p.codes), 7), -1)
    head = ridge.fit(Whole(p.x), p.codes, 3, penalty=1.0)
    again = ridge.relabelled(head, InBatches(p.x, 11), other)
    anew = ridge.fit(Whole(p.x), other, 3, penalty=1.0)
    assert np.allclose(ridge.held_out(again, Whole(p.x)), ridge.held_out(anew, Whole(p.x)), atol=1e-5)
    with pytest.raises(BadValue, match="other rows have labels"):
        ridge.relabelled(head, Whole(p.x), np.zeros(50, np.int64) + (np.arange(50) % 2))


def test_new_samples_get_what_the_whole_head_says() -> None:
    p = problem(4)
    head = ridge.fit(Whole(p.x), p.codes, 3, penalty=1.0)
    expected = refit(p.x, p.codes, 3, np.ones(50), 1.0, np.ones(50, np.bool_), 8)
    assert np.allclose(head.predict(p.x[8:9])[0], expected, atol=1e-4)


def test_a_contributor_of_half_of_all_is_left_out_through_the_gram_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    p = problem(9, count=90)
    groups = np.where(np.arange(90) % 2 == 0, 0, np.arange(90))
    monkeypatch.setattr(left_out, "ROWS", 10)
    said = ridge.held_out(ridge.fit(Whole(p.x), p.codes, 3, penalty=1.0), Whole(p.x), groups)
    for at in range(0, 90, 9):
        assert np.allclose(said[at], refit(p.x, p.codes, 3, np.ones(90), 1.0, groups != groups[at], at), atol=1e-4)


def test_a_class_of_one_sample_is_unknown_without_it() -> None:
    x = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    codes = np.array([0] * 15 + [1] * 14 + [2])
    said = ridge.held_out(ridge.fit(Whole(x), codes, 3), Whole(x))
    assert np.allclose(said[-1, 2], 0, atol=1e-6)


def test_many_classes_and_classes_without_samples() -> None:
    draw = np.random.default_rng(0)
    centres = draw.normal(size=(150, 40)) * 3
    codes = np.repeat(np.arange(150), 8)
    x = (centres[codes] + draw.normal(size=(1200, 40))).astype(np.float32)
    said = ridge.held_out(ridge.fit(Whole(x), codes, 160), Whole(x))
    assert (said.argmax(axis=1) == codes).mean() > 0.95
    assert np.allclose(said[:, 150:], 0, atol=1e-6)


def bad(value: float) -> NDArray[np.float32]:
    x = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    x[11, 1] = value
    return x


CODES = np.arange(20) % 2


@pytest.mark.parametrize(
    ("x", "codes", "extra", "message"),
    [
        (bad(np.nan), CODES, {}, "row 11"),
        (bad(np.inf), CODES, {}, "row 11"),
        (bad(0), CODES * 0, {}, "one class"),
        (bad(0), CODES * 0 - 1, {}, "no labelled sample"),
        (bad(0), CODES + 5, {}, "got 6"),
        (bad(0), CODES[:9], {}, "20 labels"),
        (bad(0), CODES * 1.0, {}, "whole numbers"),
        (bad(0), CODES, {"weights": np.full(20, -1.0)}, "weights"),
        (bad(0), CODES, {"weights": CODES * 1.0}, "two classes"),
        (bad(0), CODES, {"penalty": -1.0}, "penalty"),
        (bad(0), CODES, {"groups": CODES * 0}, "one group holds every labelled sample"),
        (bad(0), CODES, {"groups": CODES[:3]}, "groups do not fit"),
        (np.zeros((20, 0)), CODES, {}, "empty"),
        (np.zeros(20), CODES, {}, "table"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_with_the_reason(
    x: NDArray[Any], codes: NDArray[Any], extra: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadValue) as refused:
        ridge.fit(Whole(x), codes, 2, **extra)
    assert message in str(refused.value)


def test_a_view_that_breaks_off_or_changes_width_is_refused() -> None:
    @dataclass(frozen=True)
    class Short(InBatches):
        def __len__(self) -> int:
            return 25

    @dataclass(frozen=True)
    class Narrow(InBatches):
        def batches(self) -> Iterator[NDArray[np.float32]]:
            yield from (self.x[:10], self.x[10:, :2])

    with pytest.raises(BadValue, match="not complete"):
        ridge.fit(Short(bad(0), 5), np.arange(25) % 2, 2)
    with pytest.raises(BadValue, match="differ in size"):
        ridge.fit(Narrow(bad(0), 5), CODES, 2)


def test_roots_keep_sign_and_order_and_are_the_same_in_batches_and_by_rows() -> None:
    view = Rooted(Whole(np.array([[-4.0, 9.0, 0.0], [1.0, -16.0, 0.25]])))
    expected = np.array([[-2, 3, 0], [1, -4, 0.5]], np.float32)
    assert np.array_equal(np.concatenate([*view.batches()]), expected)
    assert np.array_equal(view.take(np.array([1, 0])), expected[::-1])
    assert (len(view), view.dim) == (2, 3)


def test_solving_for_one_penalty_gives_the_head_of_the_fit() -> None:
    draw = np.random.default_rng(8)
    x, codes, weights = draw.normal(size=(60, 7)), np.arange(60) % 3, draw.random(60) + 0.1
    head = ridge.fit(Whole(x), codes, 3, weights=weights, penalty=0.7)
    slope, base = ridge.solved(Whole(x), codes, 3, 0.7, weights=weights)
    assert np.allclose(x @ slope + base, head.predict(x), atol=1e-5)
