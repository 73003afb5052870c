"""Columns as groups: whole numbers for texts, and numbers compared with those of their class."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_FEW = 20
"""Samples of a class below which it is compared with the whole set."""


def codes(column: pa.Array) -> tuple[NDArray[np.int64], list[str]]:
    """(n,) number of each value's group, -1 for null, and the values of the groups."""
    encoded = column.dictionary_encode()
    return _numbers(encoded), encoded.dictionary.to_pylist()


def groups(column: pa.Array) -> NDArray[np.int64]:
    """(n,) number of each value's group, -1 for null: for contents, of which nearly every sample has one of its own."""
    return _numbers(column.dictionary_encode())


def pairs(
    one: NDArray[np.int64], other: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The pairs of groups that occur, in order: the groups of `one`, those of `other`, and how often. Both (n,), from 0 on."""
    many = int(other.max(initial=0)) + 1
    both, counts = np.unique(
        one * many + other, return_counts=True
    )  # whole numbers sort ten times faster than pairs of them
    return both // many, both % many, counts


def _numbers(encoded: pa.DictionaryArray) -> NDArray[np.int64]:
    numbers: NDArray[np.int64] = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def robust_z(values: NDArray[np.float64], label: pa.Array, least_spread: float = 0.0) -> NDArray[np.float64]:
    """(n,) how many robust standard deviations a value lies from the median of its class: (x - median) / (1.4826 MAD), after
    Iglewicz and Hoaglin (1993).

    A class of fewer than 20 values, and samples without label, are compared with the whole set. least_spread: of the deviation,
    so that in a set of equal values a rounding is no outlier. NaN where there is no value.
    """
    result = np.full(len(values), np.nan)
    known = ~np.isnan(values)
    if not known.any():
        return result
    group, names = codes(label)
    counts = np.bincount(group[known] + 1, minlength=len(names) + 1)
    group = np.where(counts[group + 1] >= _FEW, group, -1)
    middle, spread = _middle_and_spread(values[known])
    result[known] = (values[known] - middle) / max(spread, least_spread, 1e-12)
    order = np.flatnonzero(known)[np.argsort(group[known], kind="stable")]
    edges = np.flatnonzero(np.diff(group[order])) + 1
    for rows in np.split(order, edges):
        if len(rows) and group[rows[0]] >= 0:
            middle, own = _middle_and_spread(values[rows])
            result[rows] = (values[rows] - middle) / max(own, least_spread, 1e-12)
    return result


def _middle_and_spread(values: NDArray[np.float64]) -> tuple[float, float]:
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle)))


def most_common(column: pa.Array) -> tuple[str | None, float]:
    """The commonest value and its share of those that are there."""
    group, names = codes(column)
    counts = np.bincount(group[group >= 0], minlength=len(names))
    if not counts.sum():
        return None, 0.0
    return names[int(counts.argmax())], float(counts.max() / counts.sum())
