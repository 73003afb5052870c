"""What a recording sounds like, in 1,538 bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure
from trainset.measures._mel import log_mel_frames


@measure("Log-mel levels", unit="bytes", medium="audio")
def log_mel(signal: NDArray[np.float32], rate: int) -> bytes | None:
    """Levels of 16 mel bands from 100 to 3,600 Hz in 96 frames of 12.5 ms around the middle of the energy, a byte each, 8 a dB; then
    the first and the last frame (excluded) inside the recording. Near duplicates are compared by it. None for silence.
    """
    if not signal.size or not np.any(signal):
        return None
    levels, first, last = log_mel_frames(signal, rate)
    return levels.tobytes() + bytes((first, last))
