"""Classes made the same size in what one head is trained on: over-sampling, under-sampling, SMOTE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn.view import View

WAYS = ("", "over", "under", "smote")
_NEAREST = 5
_AT_ONCE = 2048


@dataclass(frozen=True)
class Resampled:
    """weights: (n,) float64, how often each row counts, 0 where it does not. first, second, part, codes: (m,) each a made sample that
    lies `part` of the way from one row to another of its class."""

    weights: NDArray[np.float64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    part: NDArray[np.float32]
    codes: NDArray[np.int64]

    @property
    def extra_weight(self) -> int:
        """How many were made."""
        return len(self.first)

    def extras(self, view: View, size: int) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
        """What was made: (rows, d) embeddings and their classes, `size` at a time. They are kept as recipes, for they may be many."""
        for start in range(0, len(self.first), size):
            some = slice(start, start + size)
            from_, to = view.take(self.first[some]), view.take(self.second[some])
            yield from_ + self.part[some, None] * (to - from_), self.codes[some]


def resampled(view: View, codes: NDArray[np.int64], classes: int, way: str, seed: int) -> Resampled:
    """The training samples of one head. codes: (n,) -1 for rows that it must not see; nothing else is looked at.

    way: "" all as they are. "over": a row of a smaller class counts as often as makes it the size of the largest (in expectation the
    same as drawing again). "under": of larger classes as many by chance as the smallest has. "smote": smaller classes are filled up
    with samples between one and one of its five nearest of the class (Chawla et al. 2002); a class of one sample is repeated.
    Raises `BadValue` for another way.
    """
    if way not in WAYS:
        raise BadValue("no way of resampling", expected=", ".join(repr(each) for each in WAYS), got=repr(way))
    counts = np.bincount(codes[codes >= 0], minlength=classes)
    weights = (codes >= 0).astype(np.float64)
    made: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]] = []
    draw = np.random.default_rng(seed)
    if way == "over":
        weights = np.append(counts.max() / np.maximum(counts, 1), 0.0)[codes]
    for own in np.flatnonzero(counts).tolist():
        rows = np.flatnonzero(codes == own)
        if way == "under":
            weights[draw.permutation(rows)[counts[counts > 0].min() :]] = 0
        elif way == "smote" and counts[own] < counts.max():
            first = draw.integers(len(rows), size=counts.max() - counts[own])
            near = _nearest(view.take(rows))
            second = near[first, draw.integers(near.shape[1], size=len(first))]
            part = draw.random(len(first), np.float32)
            made.append((rows[first], rows[second], part, np.full(len(first), own)))
    if not made:
        none = np.empty(0, np.int64)
        return Resampled(weights, none, none, np.empty(0, np.float32), none)
    first, second, part, of = (np.concatenate(each) for each in zip(*made, strict=True))
    return Resampled(weights, first, second, part, of)


def _nearest(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """(n, up to 5) rows of the nearest others; itself when there is no other."""
    count = len(vectors)
    k = min(_NEAREST, count - 1)
    if not k:
        return np.zeros((1, 1), np.int64)
    squares = np.square(vectors).sum(axis=1)
    near = np.empty((count, k), np.int64)
    for start in range(0, count, _AT_ONCE):
        own = np.arange(start, min(count, start + _AT_ONCE))
        apart = squares - 2 * vectors[own] @ vectors.T
        apart[np.arange(len(own)), own] = np.inf
        near[own] = np.argpartition(apart, k - 1, axis=1)[:, :k]
    return near
