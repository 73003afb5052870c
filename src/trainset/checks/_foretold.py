"""How well one column by itself foretells the label, out of sample."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_BINS = 32
_MOST_BINS = 1000


def halves(identifiers: pa.Array) -> NDArray[np.bool_]:
    """(n,) a half of the samples, by their ids, which are hashes."""
    if not len(identifiers):
        return np.empty(0, bool)
    first = np.frombuffer(identifiers.buffers()[1], np.uint8)[identifiers.offset * 16 :][: len(identifiers) * 16 : 16]
    return (first & 1).astype(bool)


def binned(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """(n,) the number of each value's bin: 32 of equal counts, and -1 where there is no value."""
    known = ~np.isnan(values)
    if not known.any():
        return np.full(len(values), -1)
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, _BINS + 1)[1:-1]))
    return np.where(known, np.searchsorted(edges, values, "right"), -1)


def foretold(bins: NDArray[np.int64], group: NDArray[np.int64], half: NDArray[np.bool_]) -> float:
    """Balanced accuracy, 0..1, of saying for each bin the class that is relatively commonest there, learnt on one half of the samples
    and scored on the other, and the other way round: a prediction never saw the label it is scored on.

    bins: (n,) from -1 on. group: (n,) classes from -1 (no label) on. Chance is one over the number of classes.
    """
    bins = np.minimum(bins, _MOST_BINS) + 1
    known = group >= 0
    classes, rooms = int(group.max(initial=-1)) + 1, int(bins.max(initial=0)) + 1
    hits = np.zeros(classes)
    totals = np.bincount(group[known], minlength=classes)
    for learnt in (half, ~half):
        some, others = known & learnt, known & ~learnt
        counts = np.bincount(bins[some] * classes + group[some], minlength=rooms * classes)
        table = counts.reshape(rooms, classes).astype(np.float64)
        table /= np.maximum(table.sum(axis=0), 1)  # classes count alike, whatever their size
        said = table.argmax(axis=1)
        empty = table.sum(axis=1) == 0
        right = (said[bins[others]] == group[others]) & ~empty[bins[others]]
        hits += np.bincount(group[others], weights=right, minlength=classes)
    there = totals > 0
    return float(np.mean(hits[there] / totals[there])) if there.any() else 0.0
