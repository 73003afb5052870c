"""Loudness of a recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure

FLOOR = -120.0
"""What digital silence is given, in dBFS: below the quietest 16-bit signal."""


@measure("Loudness", unit="dBFS", medium="audio")
def loudness(signal: NDArray[np.float32]) -> float:
    """Root mean square over all frames and channels in dBFS (0 = a full-scale square wave); -120 for silence."""
    power = float(np.mean(np.square(signal, dtype=np.float64))) if signal.size else 0.0
    return max(FLOOR, 10.0 * float(np.log10(power))) if power > 0 else FLOOR
