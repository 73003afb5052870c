"""Whether a class falls into parts: how clearly one half of its samples falls apart along a cut made by the other, against what is usual here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST = 16
"""Samples of a class of which something can be said."""
MOST = 4_000
"""Samples of a class that are looked at: more would not change what is found."""
TIMES, SMALLEST, STABLE = 3.75, 0.1, 0.92
"""What a split needs: so many times as clear as is usual in the dataset, at least this share in the smaller part, and so many samples put
alike by cuts made of either half. Chosen as `benchmarks/clusters.py` says."""
_DIRECTIONS, _PER_DIRECTION = 10, 8
"""Main directions of a class in which it is cut, and samples of a half for each of them."""
_ROUND, _SUPPOSED, _FEW = 0.3, 0.85, 4
"""How clear the cut of a round cloud is; what is supposed to be usual (that of questions in words), and of how many classes it is once known."""
_DRAWS, _STARTS, _ROUNDS, _POWER = 4, 4, 20, 5
_MOST_PARTS = 6


@dataclass(frozen=True)
class Cut:
    """A class cut in two. sides: (n,) whether a sample is in the second part.

    The rest is said by samples that had no part in making the cut. apart: how many of their deviations the parts' middles are from one
    another. between: share in the middle third of the way; smallest: share of the smaller part. stable: share that a cut made of one half
    and one of the other put alike, 0.5 to 1. clear: the variance that the cut explains over what it leaves, by the square of the kurtosis along
    the way, which is small where there are two heaps and nothing far out; about 0.3 for a round cloud, higher is clearer.
    """

    sides: NDArray[np.bool_]
    apart: float
    between: float
    smallest: float
    stable: float
    clear: float


def cut(points: NDArray[np.float32], *, seed: int = 0) -> Cut:
    """In two, judged by halves of the samples (prediction strength: Tibshirani and Walther 2005). points: (n, d), a class; few thousand rows."""
    return _cut(points, np.random.default_rng(seed))


def usual(cuts: Sequence[Cut]) -> float:
    """How clear the cut of the usual class is: every class falls apart by turns of phrase or backgrounds, in one dataset more than in another."""
    known = [one.clear for one in cuts if len(one.sides) >= LEAST]
    return max(_ROUND, float(np.median([*known, *[_SUPPOSED] * max(0, _FEW - len(known))])))


def proposed(one: Cut, level: float) -> bool:
    """Whether the class is to be split. level: what is `usual`."""
    return one.clear >= TIMES * level and one.smallest >= SMALLEST and one.stable >= STABLE


def parts(points: NDArray[np.float32], first: Cut, level: float, *, seed: int = 0) -> NDArray[np.int64]:
    """(n,) the part of each sample, 0 for the largest: cut in two, and what is as clear again in two, six at most."""
    draw = np.random.default_rng(seed)
    of = first.sides.astype(np.int64)
    todo = [0, 1] if proposed(first, level) else []
    while todo and of.max() + 1 < _MOST_PARTS:
        rows = np.flatnonzero(of == todo.pop())
        inner = _cut(points[rows], draw)
        if proposed(inner, level):
            todo += [int(of[rows[0]]), int(of.max()) + 1]
            of[rows[inner.sides]] = of.max() + 1
    rank = np.argsort(np.argsort(-np.bincount(of), kind="stable"), kind="stable")
    result: NDArray[np.int64] = rank[of].astype(np.int64)
    return result


def nearest(points: NDArray[np.float32], middles: NDArray[np.float64]) -> NDArray[np.int64]:
    """(n,) the part of further samples: the nearest of the middles, (parts, d)."""
    far = -2 * (points @ middles.T.astype(np.float32)) + (middles**2).sum(axis=1)
    result: NDArray[np.int64] = far.argmin(axis=1)
    return result


@dataclass(frozen=True)
class _Way:
    """From the middle of one part to that of the other. along: (d,) unit length; half: how far along it the middle between them is."""

    along: NDArray[np.float32]
    half: float

    def beyond(self, points: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n,) how far they are beyond the middle."""
        found: NDArray[np.float64] = (points @ self.along).astype(np.float64) - self.half
        return found


def _cut(points: NDArray[np.float32], draw: np.random.Generator) -> Cut:
    count = len(points)
    if count < LEAST or not np.ptp(points, axis=0).any():
        return Cut(np.zeros(count, np.bool_), 0.0, 1.0, 0.0, 0.5, 0.0)
    seen = []
    for _ in range(_DRAWS):
        order = draw.permutation(count)
        halves = points[order[: count // 2]], points[order[count // 2 :]]
        ways = _way(halves[0], draw), _way(halves[1], draw)
        seen += [_judged(halves[1], ways[0], ways[1]), _judged(halves[0], ways[1], ways[0])]
    apart, between, smallest, stable, kurtosis = np.mean(seen, axis=0).tolist()
    clear = smallest * (1 - smallest) * apart**2 / max(kurtosis, 1.0) ** 2
    return Cut(_way(points, draw).beyond(points) > 0, apart, between, smallest, stable, clear)


def _judged(points: NDArray[np.float32], way: _Way, own: _Way) -> tuple[float, float, float, float, float]:
    """Of points that had no part in making `way`: how far apart they fall, the share between, the smaller share, the agreement with their
    `own` way, and the kurtosis."""
    along = way.beyond(points)
    alike = float(((along > 0) == (own.beyond(points) > 0)).mean())
    alike = max(alike, 1 - alike)
    low, high = along[along <= 0], along[along > 0]
    share = min(len(low), len(high)) / len(along)
    if min(len(low), len(high)) < 2:
        return 0.0, 1.0, share, alike, 3.0
    gap = float(high.mean() - low.mean())
    spread = float(np.sqrt((low.var() * len(low) + high.var() * len(high)) / len(along)))
    place = (along - low.mean()) / gap
    away = along - along.mean()
    kurtosis = float((away**4).mean() / (away**2).mean() ** 2)
    return gap / max(spread, gap / 100), float(((place > 0.35) & (place < 0.65)).mean()), share, alike, kurtosis


def _way(points: NDArray[np.float32], draw: np.random.Generator) -> _Way:
    """The cut of these points by k-means in their main directions."""
    middle = points.mean(axis=0)
    away = points - middle
    directions = _main(away, draw)
    ends = _two((away @ directions).astype(np.float64), draw)
    along = directions @ (ends[1] - ends[0]).astype(np.float32)
    long = float(np.linalg.norm(along))
    if not long:
        return _Way(along, 0.0)
    along /= long
    between = middle + directions @ ends.mean(axis=0).astype(np.float32)
    return _Way(along, float(between @ along))


def _main(away: NDArray[np.float32], draw: np.random.Generator) -> NDArray[np.float32]:
    """(d, few) the main directions of centred points, by a few rounds of power iteration (Halko, Martinsson and Tropp 2011)."""
    wanted = min(_DIRECTIONS, max(2, len(away) // _PER_DIRECTION), *away.shape)
    base = draw.normal(size=(away.shape[1], min(wanted + 6, *away.shape))).astype(np.float32)
    for _ in range(_POWER):
        base = np.linalg.qr(away.T @ (away @ base))[0]
    turned = np.linalg.svd(away @ base, full_matrices=False)[2]
    result: NDArray[np.float32] = base @ turned[:wanted].T
    return result


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
            beyond = _beyond(points, ends)
            if beyond.all() or not beyond.any():
                break
            new = np.stack([points[~beyond].mean(axis=0), points[beyond].mean(axis=0)])
            if np.allclose(new, ends):
                break
            ends = new
        cost = float(((points - ends[_beyond(points, ends).astype(int)]) ** 2).sum())
        if cost < best:
            best, result = cost, ends
    return result


def _beyond(points: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (points - ends.mean(axis=0)) @ (ends[1] - ends[0]) > 0
    return found
