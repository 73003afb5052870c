"""How surprising it is that two samples lie as near to one another as they do, told from the set itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

K = 16
"""Neighbours that are looked at."""
_UPPER = 8
"""From this neighbour on distances tell the dimension: those before may be copies."""
_TINY = 1e-6
_CROWD = 0.25
"""Of the median distance of a K-th neighbour: so near at least is the K-th taken to be around a sample with more copies than K."""


def chances(rows: NDArray[np.int32], distances: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n, k - 1) the chance, 0 to 1, that one of the others would lie as near to a sample as this neighbour does, were it an
    ordinary one.

    rows, distances: (n, k) of `neighbours.neighbours`, nearest first. Around a point of a set of dimension m the share of a ball of
    radius r is (r / R)^m, so that the nearest of k - 1 ordinary neighbours within the k-th lies below d with chance
    1 - (1 - (d / d_k)^m)^(k - 1). The dimension is that of the neighbourhood (Levina and Bickel 2004), from the upper half of the
    distances of a sample and its neighbours: a set of digits has small distances everywhere, and there a small one is no surprise.
    """
    count, k = distances.shape
    upper = min(_UPPER, k // 2)
    near = np.maximum(distances.astype(np.float64), _TINY)
    farthest = near[:, -1:]
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, k))])
    expected = float(np.sum(harmonic[k - 1] - harmonic[upper - 1 : k - 1]))
    slack = np.log(farthest / near[:, upper - 1 : k - 1]).sum(axis=1) / expected
    own = np.append(slack, np.nan)[np.where(rows < 0, count, rows)]
    around = np.nanmean(np.concatenate([slack[:, None], own], axis=1), axis=1, keepdims=True)
    dimension = np.maximum(1 / np.maximum(around, _TINY), 1)
    ordinary = np.maximum(farthest, _CROWD * np.median(farthest))
    share = np.minimum((near[:, :-1] / ordinary) ** dimension, 1 - 1e-12)
    chance: NDArray[np.float64] = -np.expm1((k - 1) * np.log1p(-share))
    return chance


def pairs(
    rows: NDArray[np.int32], chance: NDArray[np.float64], most: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The pairs (first < second, each once) whose chance is at most `most`, and their chance: the geometric mean of what each of
    the two says; one that does not have the other among its neighbours says a half."""
    own, place = np.nonzero((chance <= most) & (rows[:, :-1] >= 0))  # of a mean at most this, one is
    other = rows[own, place].astype(np.int64)
    both = np.unique(np.stack([np.minimum(own, other), np.maximum(own, other)], axis=1), axis=0)
    first, second = both[:, 0], both[:, 1]
    mean = np.sqrt(_said(rows, chance, first, second) * _said(rows, chance, second, first))
    kept = mean <= most
    return first[kept], second[kept], mean[kept]


def _said(
    rows: NDArray[np.int32], chance: NDArray[np.float64], one: NDArray[np.int64], other: NDArray[np.int64]
) -> NDArray[np.float64]:
    hit = rows[one, :-1] == other[:, None]
    values: NDArray[np.float64] = np.where(hit.any(axis=1), np.where(hit, chance[one], 0).sum(axis=1), 0.5)
    return values
