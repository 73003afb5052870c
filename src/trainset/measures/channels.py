"""Channels of a recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure


@measure("Channels", unit="channels", medium="audio")
def channels(signal: NDArray[np.float32]) -> int:
    """Number of channels as stored."""
    return int(signal.shape[1])
