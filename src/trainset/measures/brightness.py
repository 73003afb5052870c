"""Brightness of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure
from trainset.measures._moments import mean


@measure("Brightness", unit="0..1", medium="image", less="darker", more="brighter")
def brightness(lumas: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean luma over all pixels (ITU-R BT.601); 0 is black, 1 is white."""
    return (mean(lumas) / 255).astype(np.float32)
