"""Near duplicates as a check sees them: the pairs that count, the samples that stand for them, and how to say it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.checks._copies import kept_of, together
from trainset.checks._groups import groups
from trainset.contracts import Near

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def near_pairs(
    near: Near, content: pa.Array, split: pa.Array, pictures: float, recordings: float, texts: float,
    apart: NDArray[np.int64] | None = None,
) -> Pairs:  # fmt: skip
    """The pairs below the threshold of their medium, as rows of the samples that stand for their contents (that of the test set,
    else of validation, else the first), and how bad each is, 0..1. apart: pairs that are left out, and those of their copies."""
    most = {"image": pictures, "audio": recordings, "text": texts}.get(near.medium, 0.0)
    good = near.unlike <= most
    group = groups(content)
    kept, _ = kept_of(group, split)
    severity = 1 - 0.5 * near.unlike[good] / max(most, 1e-9)
    first, second = kept[group[near.first[good]]], kept[group[near.second[good]]]
    if apart is None or not len(apart):
        return first, second, severity
    stays = ~together(first, second, kept[group[apart]], len(group))
    return first[stays], second[stays], severity[stays]


def linked(first: NDArray[np.int64], second: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """(n,) number of the group of each row: rows that are linked by pairs, one after another, are in one."""
    group = np.arange(count)
    while True:  # by jumps, so that a chain of n takes about log n rounds
        before = group.copy()
        least = np.minimum(group[first], group[second])
        np.minimum.at(group, group[first], least)
        np.minimum.at(group, group[second], least)
        group = group[group]
        if np.array_equal(group, before):
            return np.unique(group, return_inverse=True)[1].astype(np.int64)


def worst_pair(
    rows: NDArray[np.int64], others: NDArray[np.int64], severity: NDArray[np.float64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each of `count` rows the other row of its worst pair, -1 without one, and how bad that is."""
    order = np.argsort(severity, kind="stable")
    other, bad = np.full(count, -1, np.int64), np.zeros(count)
    other[rows[order]], bad[rows[order]] = others[order], severity[order]  # the worst comes last, and stays
    return other, bad
