"""Means over many pictures at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mean_square(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n,) mean of the squares of each picture of (n, rows, columns) values: a row is added up in single precision, rows in double."""
    rows = np.einsum("nij,nij->ni", values, values)
    means: NDArray[np.float64] = rows.sum(axis=1, dtype=np.float64) / values[0].size
    return means
