"""Embeddings as parts of classes are looked for in: signed roots at unit length, without what is usual of who made them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainset.learn.view import Rooted, View

_USUAL = 10
"""Samples of a contributor that weigh as much as knowing nothing of them."""
_MOST_PEOPLE = 2_000


@dataclass(frozen=True)
class Around:
    """A view as said above. usual: (people + 1, d), zeros in the last row, which is that of nobody; None: nothing is taken away."""

    view: View
    people: NDArray[np.int64]
    usual: NDArray[np.float32] | None

    @property
    def dim(self) -> int:
        return self.view.dim

    def __len__(self) -> int:
        return len(self.view)

    def batches(self) -> Iterator[NDArray[np.float32]]:
        start = 0
        for batch in Rooted(self.view).batches():
            yield self._less(batch, self.people[start : start + len(batch)])
            start += len(batch)

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._less(Rooted(self.view).take(rows), self.people[rows])

    def _less(self, batch: NDArray[np.float32], people: NDArray[np.int64]) -> NDArray[np.float32]:
        batch = _unit(batch)
        return batch if self.usual is None else batch - self.usual[people]


def around(view: View, codes: NDArray[np.int64], people: NDArray[np.int64] | None = None) -> Around:
    """codes: (n,) classes, -1 for none. people: (n,) who made each, -1 unknown: what is usual of one of them in all classes is taken away,
    else each would be a part of every class."""
    nobody = np.full(len(view), -1, np.int64)
    if people is None:
        return Around(view, nobody, None)
    return Around(view, people, _of_people(view, codes, people))


def middles(view: View, codes: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """(count, d) the middle of each class."""
    sums = np.zeros((count, view.dim))
    start = 0
    for batch in view.batches():
        own = codes[start : start + len(batch)]
        start += len(batch)
        np.add.at(sums, own[own >= 0], batch[own >= 0])
    sizes = np.bincount(codes[codes >= 0], minlength=count)
    result: NDArray[np.float64] = sums / np.maximum(sizes, 1)[:, None]
    return result


def _unit(batch: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = batch / np.maximum(np.linalg.norm(batch, axis=1, keepdims=True), np.float32(1e-12))
    return found


def _of_people(view: View, codes: NDArray[np.int64], people: NDArray[np.int64]) -> NDArray[np.float32] | None:
    """What is usual of each beside the class; nothing for those of whom one class is more than half."""
    size, who = int(codes.max(initial=-1)) + 1, int(people.max(initial=-1)) + 1
    if not size or not who or who > _MOST_PEOPLE:
        return None
    by_class, by_person = np.zeros((size, view.dim)), np.zeros((who, view.dim))
    counts = np.zeros((who, size))
    start = 0
    for batch in Rooted(view).batches():
        here = slice(start, start + len(batch))
        start += len(batch)
        batch = _unit(batch)
        good = (codes[here] >= 0) & (people[here] >= 0)
        np.add.at(by_class, codes[here][good], batch[good])
        np.add.at(by_person, people[here][good], batch[good])
        np.add.at(counts, (people[here][good], codes[here][good]), 1)
    means = by_class / np.maximum(counts.sum(axis=0), 1)[:, None]
    each = counts.sum(axis=1)
    usual = (by_person - counts @ means) / (each + _USUAL)[:, None]
    usual[counts.max(axis=1, initial=0) > 0.5 * np.maximum(each, 1)] = 0
    return np.concatenate([usual, np.zeros((1, view.dim))]).astype(np.float32)
