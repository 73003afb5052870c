"""How much a picture holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure


@measure("Entropy", unit="bits", medium="image")
def entropy(lumas: NDArray[np.float32]) -> NDArray[np.float64]:
    """Shannon entropy of the histogram of luma in 256 levels, 0..8 bits; 0 is one flat tone, photos have 6 to 8."""
    count, size = len(lumas), lumas[0].size
    levels = lumas.reshape(count, size).astype(np.uint8).astype(np.intp)
    levels += 256 * np.arange(count)[:, None]  # one histogram for all, each picture in a range of its own
    share = np.bincount(levels.ravel(), minlength=256 * count).reshape(count, 256) / size
    values: NDArray[np.float64] = np.sum(share * np.log2(1 / np.where(share > 0, share, 1)), axis=1)
    return values
