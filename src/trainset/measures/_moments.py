"""Means over many pictures at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 4096
"""Values added up in single precision: by several sums beside one another, which is as good as exact."""


def mean(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n,) mean of each picture of (n, rows, columns) values: a row is added up in single precision, rows in double."""
    count, rows, columns = values.shape
    sums = values.reshape(count * rows, columns) @ np.ones(columns, np.float32)
    means: NDArray[np.float64] = sums.reshape(count, rows).sum(axis=1, dtype=np.float64) / (rows * columns)
    return means


def sum_of_squares(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n,) sum of the squares of each picture of (n, rows, columns) values."""
    count, rows, columns = values.shape
    if rows * columns <= _AT_ONCE:
        flat = values.reshape(count, rows * columns)
        sums: NDArray[np.float64] = np.vecdot(flat, flat).astype(np.float64)
    else:
        sums = np.vecdot(values, values).sum(axis=1, dtype=np.float64)
    return sums


def mean_square(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n,) mean of the squares of each picture of (n, rows, columns) values."""
    means: NDArray[np.float64] = sum_of_squares(values) / values[0].size
    return means
