"""Length of a recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure


@measure("Length", unit="seconds", medium="audio", less="shorter", more="longer")
def seconds(signal: NDArray[np.float32], rate: int) -> float:
    """Length of the recording in seconds."""
    return float(signal.shape[0] / rate)
