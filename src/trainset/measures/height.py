"""Height of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure


@measure("Height", unit="pixels", medium="image", less="lower", more="taller")
def height(pixels: NDArray[np.uint8]) -> int:
    """Height of the picture as a viewer shows it, in pixels."""
    return int(pixels.shape[0])
