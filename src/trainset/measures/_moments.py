"""Means over many pictures at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SMALL = 65_536
"""Values of a picture up to which single precision adds them up without a loss that shows."""


def mean_square(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n,) mean of the squares of each picture of (n, ...) values."""
    count = values[0].size
    if count <= _SMALL:
        means: NDArray[np.float64] = np.einsum("nij,nij->n", values, values).astype(np.float64) / count
    else:
        means = np.square(values, dtype=np.float64).mean(axis=(1, 2))
    return means
