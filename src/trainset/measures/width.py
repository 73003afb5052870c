"""Width of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure


@measure("Width", unit="pixels", medium="image", less="narrower", more="wider")
def width(pixels: NDArray[np.uint8]) -> int:
    """Width of the picture as a viewer shows it, in pixels."""
    return int(pixels.shape[1])
