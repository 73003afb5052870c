"""Level at the start of a recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure
from trainset.measures._levels import dbfs


@measure("Level at the start", unit="dBFS", medium="audio")
def level_first(signal: NDArray[np.float32], rate: int) -> float:
    """Level of the first 20 ms in dBFS; a recording that begins in the middle of a sound is loud there. -120 for silence."""
    return dbfs(signal[: max(1, round(0.02 * rate))])
