"""Seconds of silence after the sound has ended."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure
from trainset.measures._levels import silence


@measure("Trailing silence", unit="seconds", medium="audio")
def trailing_silence(signal: NDArray[np.float32], rate: int) -> float:
    """Seconds of silence after the sound has ended. Silence: 10 ms of a level more than 40 dB below the recording's loudest, or below -70 dBFS.

    A recording that is silent throughout has its whole length.
    """
    return silence(signal, rate)[1]
