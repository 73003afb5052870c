"""Shape of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure


@measure("Aspect", unit="width / height", medium="image")
def aspect(pixels: NDArray[np.uint8]) -> float:
    """Width divided by height, as a viewer shows the picture: 1 is square, above 1 is wide."""
    return float(pixels.shape[1] / pixels.shape[0])
