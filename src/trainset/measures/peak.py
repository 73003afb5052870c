"""Peak of a recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure


@measure("Peak", unit="full scale", medium="audio")
def peak(signal: NDArray[np.float32]) -> float:
    """Largest absolute sample value over all channels; 1 is full scale."""
    return float(np.max(np.abs(signal))) if signal.size else 0.0
