"""How much a picture holds."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trainset.contracts import measure


@measure("Entropy", unit="bits", medium="image", version=2)
def entropy(lumas: NDArray[np.float32]) -> NDArray[np.float64]:
    """Shannon entropy of the histogram of luma in 256 levels, 0..8 bits; 0 is one flat tone, photos have 6 to 8."""
    count, size = len(lumas), lumas[0].size
    levels = (lumas.reshape(count, size) + np.float32(0.5)).astype(np.uint8)
    if size < _LARGE:
        apart = levels + 256 * np.arange(count)[:, None]  # one histogram for all, each picture in a range of its own
        weighted = _times_log(size)[np.bincount(apart.ravel(), minlength=256 * count).reshape(count, 256)]
    else:
        weighted = _weighted(
            np.array([Image.frombuffer("L", (size, 1), row, "raw", "L", 0, 1).histogram() for row in levels])
        )
    values: NDArray[np.float64] = np.maximum(np.log2(size) - weighted.sum(axis=1) / size, 0)
    return values


_LARGE = 1 << 13
"""Pixels from which on a picture has its histogram counted by itself."""


def _weighted(counts: NDArray[np.signedinteger]) -> NDArray[np.float64]:
    """n log2 n, which is 0 for 0."""
    weighted: NDArray[np.float64] = counts * np.log2(np.maximum(counts, 1))
    return weighted


@lru_cache(maxsize=4)
def _times_log(size: int) -> NDArray[np.float64]:
    """n log2 n for every n up to `size`: of small pictures it is looked up."""
    return _weighted(np.arange(size + 1))
