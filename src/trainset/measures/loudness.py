"""Loudness of a recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure
from trainset.measures._levels import dbfs


@measure("Loudness", unit="dBFS", medium="audio", less="quieter", more="louder")
def loudness(signal: NDArray[np.float32]) -> float:
    """Root mean square over all frames and channels in dBFS (0 = a full-scale square wave); -120 for silence."""
    return dbfs(signal)
