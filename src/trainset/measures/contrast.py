"""Contrast of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure


@measure("Contrast", unit="0..0.5", medium="image")
def contrast(lumas: NDArray[np.float32]) -> NDArray[np.float32]:
    """Standard deviation of luma over all pixels (RMS contrast, Peli 1990); 0 is one flat tone, 0.5 is half black and half white."""
    values: NDArray[np.float32] = lumas.std(axis=(1, 2), dtype=np.float32) / np.float32(255)
    return values
