"""Whether a class falls into parts: in a space where classes are round, by what parts made of one half of it say of the other half."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainset.learn.view import Rooted, View

DIM = 32
"""Main directions that are looked at: fewer hide pairs of intents, more bring noise that looks like parts."""
LEAST = 16
"""Samples of a class of which something can be said."""
APART, BETWEEN, SMALLEST, STABLE = 5.8, 0.06, 0.12, 0.93
"""What a split needs: the middles of both parts so many of their own deviations apart, at most this share of samples in the middle third
of the way, at least this share in the smaller part, and so many put alike by parts made of either half; all held out.
Chosen as `benchmarks/clusters.py` says."""
_DRAWS, _STARTS, _ROUNDS = 4, 4, 20
_MOST_PARTS = 6
_SHRINK = 0.1
_USUAL = 10
"""Samples of a contributor that weigh as much as knowing nothing of them."""
_THIN = 4_000


@dataclass(frozen=True)
class Parts:
    """How a class falls apart. of: (n,) the part of each sample, 0 for the largest. apart: how many of their deviations the two main parts' middles
    are from one another, held out; about 4 where there are no parts. between: share in the middle third of the way; smallest: share of the smaller
    part; stable: share of samples that parts made of one half and of the other put alike, 0.5 to 1. proposed: whether it is to be split."""

    of: NDArray[np.int64]
    apart: float
    between: float
    smallest: float
    stable: float
    proposed: bool


def space(view: View, codes: NDArray[np.int64], people: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
    """(n, at most 32) the main directions of embeddings, in which the usual class is round with deviation 1.

    codes: (n,) classes, -1 for none. people: (n,) who made each, -1 unknown: what is usual of one of them in all classes is taken away, else
    each would be a part of every class. Three passes; memory holds the result and a Gram matrix.
    """
    count, dim = len(view), view.dim
    usual = _of_people(view, codes, people) if people is not None else None

    def batches() -> Iterator[tuple[slice, NDArray[np.float32]]]:
        start = 0
        for batch in Rooted(view).batches():
            here = slice(start, start + len(batch))
            batch = batch / np.maximum(np.linalg.norm(batch, axis=1, keepdims=True), np.float32(1e-12))
            if usual is not None and people is not None:
                batch = batch - usual[people[here]]
            start += len(batch)
            yield here, batch

    gram, total = np.zeros((dim, dim)), np.zeros(dim)
    for _, batch in batches():
        gram += batch.T @ batch
        total += batch.sum(axis=0, dtype=np.float64)
    mean = total / max(1, count)
    directions = np.linalg.eigh(gram - count * np.outer(mean, mean))[1][:, ::-1][:, :DIM].astype(np.float32)
    found = np.empty((count, directions.shape[1]))
    for here, batch in batches():
        found[here] = (batch - mean.astype(np.float32)) @ directions
    return found


def rounded(found: NDArray[np.float64], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Stretched so that the scatter within classes is 1 in every direction (shrunk by a tenth towards that of all directions)."""
    size = int(codes.max(initial=-1)) + 1
    known = codes >= 0
    if not known.any():
        return found
    sums = np.zeros((size, found.shape[1]))
    np.add.at(sums, codes[known], found[known])
    counts = np.bincount(codes[known], minlength=size)
    left = found[known] - (sums / np.maximum(counts, 1)[:, None])[codes[known]]
    scatter = left.T @ left / max(1, len(left) - size)
    scatter = (1 - _SHRINK) * scatter + _SHRINK * np.trace(scatter) / len(scatter) * np.eye(len(scatter))
    values, directions = np.linalg.eigh(scatter)
    result: NDArray[np.float64] = found @ (directions / np.sqrt(np.maximum(values, 1e-12)))
    return result


def split(points: NDArray[np.float64], *, seed: int = 0) -> Parts:
    """The parts of one class: in two, and what is proposed again in two, six at most. points: its rows of `rounded`."""
    draw = np.random.default_rng(seed)
    first = _halves(points, draw)
    if first.proposed:
        of, todo = first.of, [0, 1]
        while todo and of.max() + 1 < _MOST_PARTS:
            rows = np.flatnonzero(of == todo.pop())
            inner = _halves(points[rows], draw)
            if inner.proposed:
                of[rows[inner.of == 1]] = of.max() + 1
                todo += [int(of[rows[0]]), int(of.max())]
        order = np.argsort(-np.bincount(of), kind="stable")
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        first = Parts(rank[of], first.apart, first.between, first.smallest, first.stable, True)
    return first


def _halves(points: NDArray[np.float64], draw: np.random.Generator) -> Parts:
    """In two, judged by halves of the samples: what one half is cut by, the other must fall apart by (prediction strength: Tibshirani and
    Walther 2005)."""
    count = len(points)
    if count < LEAST or not np.ptp(points, axis=0).any():
        return Parts(np.zeros(count, np.int64), 0.0, 1.0, 0.0, 0.5, False)
    some = points if count <= _THIN else points[draw.permutation(count)[:_THIN]]
    seen = []
    for _ in range(_DRAWS):
        order = draw.permutation(len(some))
        halves = some[order[: len(some) // 2]], some[order[len(some) // 2 :]]
        one, two = (_two(half, draw) for half in halves)
        for own, other, theirs in ((one, halves[1], two), (two, halves[0], one)):
            seen.append(_judged(other, own, theirs))
    apart, between, smallest, stable = np.mean(seen, axis=0).tolist()
    ends = _two(some, draw)
    of = (_along(points, ends) > 0).astype(np.int64)
    if of.sum() * 2 > count:
        of = 1 - of
    proposed = (
        apart >= APART and between <= BETWEEN and smallest >= SMALLEST and min(of.sum(), count - of.sum()) >= LEAST // 4
    )
    return Parts(of, apart, between, smallest, stable, bool(proposed))


def _judged(
    points: NDArray[np.float64], ends: NDArray[np.float64], own: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """Of points that had no part in making `ends`: how far apart they fall, the share between, the smaller share, and the agreement with `own`."""
    along = _along(points, ends)
    agree = float(((along > 0) == (_along(points, own) > 0)).mean())
    low, high = along[along <= 0], along[along > 0]
    share = min(len(low), len(high)) / len(along)
    if min(len(low), len(high)) < 2:
        return 0.0, 1.0, share, max(agree, 1 - agree)
    gap = float(high.mean() - low.mean())
    spread = float(np.sqrt((low.var() * len(low) + high.var() * len(high)) / len(along)))
    way = (along - low.mean()) / gap
    return gap / max(spread, gap / 100), float(((way > 0.35) & (way < 0.65)).mean()), share, max(agree, 1 - agree)


def _along(points: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far points are beyond the middle between two ends."""
    way = ends[1] - ends[0]
    found: NDArray[np.float64] = (points - ends.mean(axis=0)) @ way
    return found


def _two(points: NDArray[np.float64], draw: np.random.Generator) -> NDArray[np.float64]:
    """The middles of the best of several cuts in two by k-means (Lloyd 1982; started as Arthur and Vassilvitskii 2007)."""
    best, result = np.inf, points[[0, -1]]
    for _ in range(_STARTS):
        first = points[draw.integers(len(points))]
        far = ((points - first) ** 2).sum(axis=1)
        if not far.any():
            continue
        ends = np.stack([first, points[draw.choice(len(points), p=far / far.sum())]])
        for _ in range(_ROUNDS):
            beyond = _along(points, ends) > 0
            if beyond.all() or not beyond.any():
                break
            new = np.stack([points[~beyond].mean(axis=0), points[beyond].mean(axis=0)])
            if np.allclose(new, ends):
                break
            ends = new
        beyond = _along(points, ends) > 0
        cost = float(((points - ends[beyond.astype(int)]) ** 2).sum())
        if cost < best:
            best, result = cost, ends
    return result


def _of_people(view: View, codes: NDArray[np.int64], people: NDArray[np.int64]) -> NDArray[np.float32] | None:
    """(people + 1, dim) what is usual of each beside the class; zeros in the last row (none), and for those of whom one class is more than half."""
    size, who = int(codes.max(initial=-1)) + 1, int(people.max(initial=-1)) + 1
    if not size or not who or who > 2000:
        return None
    by_class, by_person = np.zeros((size, view.dim)), np.zeros((who, view.dim))
    counts = np.zeros((who, size))
    start = 0
    for batch in Rooted(view).batches():
        here = slice(start, start + len(batch))
        start += len(batch)
        batch = batch / np.maximum(np.linalg.norm(batch, axis=1, keepdims=True), np.float32(1e-12))
        good = (codes[here] >= 0) & (people[here] >= 0)
        np.add.at(by_class, codes[here][good], batch[good])
        np.add.at(by_person, people[here][good], batch[good])
        np.add.at(counts, (people[here][good], codes[here][good]), 1)
    means = by_class / np.maximum(counts.sum(axis=0), 1)[:, None]
    each = counts.sum(axis=1)
    usual = (by_person - counts @ means) / (each + _USUAL)[:, None]
    usual[counts.max(axis=1, initial=0) > 0.5 * np.maximum(each, 1)] = 0
    return np.concatenate([usual, np.zeros((1, view.dim))]).astype(np.float32)
