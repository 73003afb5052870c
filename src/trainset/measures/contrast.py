"""Contrast of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure
from trainset.measures._moments import mean, mean_square


@measure("Contrast", unit="0..0.5", medium="image")
def contrast(lumas: NDArray[np.float32]) -> NDArray[np.float32]:
    """Standard deviation of luma over all pixels (RMS contrast, Peli 1990); 0 is one flat tone, 0.5 is half black and half white."""
    around = lumas - mean(lumas)[:, None, None].astype(np.float32)
    return (np.sqrt(mean_square(around)) / 255).astype(np.float32)
