"""What a ridge head says of a group of samples when it was trained without all of them, without training it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trainset.learn.labels import one_hot
from trainset.learn.view import ROWS, View

if TYPE_CHECKING:
    from trainset.learn.ridge import Ridge

Said = tuple[NDArray[np.int64], list[NDArray[np.float64]]]
"""Rows, and for each penalty their (rows, classes) scores."""


def without_groups(
    head: Ridge, view: View, groups: Sequence[NDArray[np.int64]], penalties: Sequence[float]
) -> Iterator[Said]:
    """For groups of rows, what the head says of each row without its group, at each penalty, in double precision.

    A group of up to d rows: F_u + H_ug (I - H_gg)^-1 (F_g - Y_g), checked against training again. A larger one is taken out of the
    Gram matrix: its own is summed over its rows, a batch at a time.
    """
    small = [rows for rows in groups if len(rows) <= view.dim]
    for some in _bundles(small, max(ROWS, view.dim)):
        yield from _by_hat(head, view, some, penalties)
    large = [rows for rows in groups if len(rows) > view.dim]
    if large:
        gram = (head.vectors * head.values) @ head.vectors.T
        for rows in large:
            yield _by_gram(head, view, rows, penalties, gram)


def members(numbers: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The rows of each group of more than one row, from (n,) numbers 0, 1, ..."""
    order = np.argsort(numbers, kind="stable")
    counts = np.bincount(numbers)
    ends = np.cumsum(counts)
    return [order[end - count : end] for end, count in zip(ends.tolist(), counts.tolist(), strict=True) if count > 1]


def _bundles(groups: Sequence[NDArray[np.int64]], most: int) -> Iterator[list[NDArray[np.int64]]]:
    """Groups of up to `most` rows together: one product of matrices for many small ones."""
    some: list[NDArray[np.int64]] = []
    for rows in groups:
        if some and sum(map(len, some)) + len(rows) > most:
            yield some
            some = []
        some.append(rows)
    if some:
        yield some


def _by_hat(head: Ridge, view: View, groups: Sequence[NDArray[np.int64]], penalties: Sequence[float]) -> Iterator[Said]:
    together = np.concatenate(groups)
    turned = (view.take(together) - head.mean) @ head.vectors
    slope = head.vectors.T @ head.cross
    scores: list[list[NDArray[np.float64]]] = [[] for _ in groups]
    for penalty in penalties:
        scaled = turned / np.sqrt(head.values + penalty)
        fitted = turned @ (slope / (head.values + penalty)[:, None]) + head.base
        start = 0
        for number, rows in enumerate(groups):
            own = slice(start, start + len(rows))
            scores[number].append(_corrected(head, rows, scaled[own], fitted[own]))
            start += len(rows)
    yield from zip(groups, scores, strict=True)


def _corrected(
    head: Ridge, rows: NDArray[np.int64], scaled: NDArray[np.float64], fitted: NDArray[np.float64]
) -> NDArray[np.float64]:
    trained = np.flatnonzero(head.weights[rows] > 0)
    if not len(trained):
        return fitted
    near = 1 / head.total + scaled @ scaled[trained].T
    left = np.diag(1 / head.weights[rows[trained]]) - near[trained]
    wrong = fitted[trained] - one_hot(head.codes[rows[trained]], head.classes)
    from scipy.linalg import solve  # late: it takes longer to load than most commands to run

    corrected: NDArray[np.float64] = fitted + near @ solve(left, wrong, assume_a="sym", check_finite=False)
    return corrected


def _by_gram(
    head: Ridge, view: View, rows: NDArray[np.int64], penalties: Sequence[float], gram: NDArray[np.float64]
) -> Said:
    rest, cross = gram.copy(), head.cross.copy()
    moved, share = np.zeros(view.dim), head.base * head.total
    for centred, target, weight in _parts(head, view, rows):
        rest -= centred.T @ (weight[:, None] * centred)
        cross -= centred.T @ (weight[:, None] * (target - head.base * (target.sum(axis=1, keepdims=True) > 0)))
        moved -= weight @ centred
        share -= weight @ target
    total = head.total - head.weights[rows].sum()
    moved, share = moved / total, share / total
    rest -= total * np.outer(moved, moved)
    cross -= total * np.outer(moved, share - head.base)
    slopes = np.concatenate([*_slopes(rest, cross, penalties)], axis=1)
    said = np.concatenate([(centred - moved) @ slopes for centred, _, _ in _parts(head, view, rows)])
    return rows, [each + share for each in np.split(said, len(penalties), axis=1)]


def _slopes(
    gram: NDArray[np.float64], cross: NDArray[np.float64], penalties: Sequence[float]
) -> Iterator[NDArray[np.float64]]:
    """(d, classes) of each penalty. Eigenvectors take as long as some ten factors, but serve every penalty."""
    from scipy.linalg import cho_factor, cho_solve, eigh  # late: as above

    if len(penalties) < 4:
        for penalty in penalties:
            factor = cho_factor(gram + penalty * np.eye(len(gram)), overwrite_a=True, check_finite=False)
            yield cho_solve(factor, cross, check_finite=False)
        return
    values, vectors = eigh(gram, driver="evd", check_finite=False)
    turned = vectors.T @ cross
    for penalty in penalties:
        yield vectors @ (turned / (np.maximum(values, 0) + penalty)[:, None])


def _parts(
    head: Ridge, view: View, rows: NDArray[np.int64]
) -> Iterator[tuple[NDArray[Any], NDArray[np.float32], NDArray[np.float64]]]:
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        yield view.take(some) - head.mean, one_hot(head.codes[some], head.classes), head.weights[some]
