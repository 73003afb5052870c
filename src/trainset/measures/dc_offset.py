"""Whether a recording lies beside zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure


@measure("DC offset", unit="full scale", medium="audio")
def dc_offset(signal: NDArray[np.float32]) -> float:
    """Largest mean of a channel, without its sign, 0..1 of full scale; sound recorded well has less than 0.01."""
    return float(np.max(np.abs(signal.mean(axis=0, dtype=np.float64)))) if signal.size else 0.0
