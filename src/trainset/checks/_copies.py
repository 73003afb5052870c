"""Groups of samples with one content: which of them to keep, and how to name another one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.checks._groups import codes
from trainset.checks._quoted import shortened

_KEEP = {"test": 0, "validation": 1, "train": 2}
"""A test set stays as it is: what is scored today must be what was scored yesterday."""

_SHOWN = 12  # hex digits of an id, as everywhere


def kept_of(group: NDArray[np.int64], split: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """For each group the row to keep, that of test before validation before train, else the first; and (n,) which rows are of a
    group of several."""
    order = np.lexsort((np.arange(len(group)), rank_of(split), group))
    first = np.append(True, np.diff(group[order]) != 0) if len(order) else np.empty(0, bool)
    counts = np.bincount(group) if len(group) else np.empty(0, np.int64)
    return order[first], (counts > 1)[group] if len(group) else np.empty(0, bool)


def rank_of(split: pa.Array) -> NDArray[np.int64]:
    """(n,) which samples stay where they are: the lower, the rather."""
    sides, names = codes(split)
    ranks: NDArray[np.int64] = np.array([*(_KEEP.get(name, 3) for name in names), 4], np.int64)[
        sides
    ]  # the last one for no split
    return ranks


def together(
    first: NDArray[np.int64], second: NDArray[np.int64], apart: NDArray[np.int64], count: int
) -> NDArray[np.bool_]:
    """(n,) whether a pair of rows is one of those that are `apart`, whichever way round; `count` rows in all."""

    def code(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.minimum(one, other) * count + np.maximum(one, other)

    found: NDArray[np.bool_] = np.isin(code(first, second), code(apart[:, 0], apart[:, 1]))
    return found


def named(id: pa.Array, path: pa.Array, label: pa.Array, split: pa.Array, row: int) -> str:
    """A sample for a sentence: its path, or without one its id as `look` takes it, with split and label."""
    where = path[row].as_py() or id[row].as_py().hex()[:_SHOWN]
    said = ", ".join(shortened(value) for value in (split[row].as_py(), label[row].as_py()) if value)
    return f"{where} ({said})" if said else where
