"""What several measures of recordings share: levels, and the level of each short frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FLOOR = -120.0
"""What digital silence is given, in dBFS: below the quietest 16-bit signal."""

_BELOW_LOUDEST = 40.0  # dB
_SILENT = -70.0  # dBFS


def dbfs(signal: NDArray[np.float32]) -> float:
    """Root mean square over all frames and channels in dBFS (0 = a full-scale square wave)."""
    power = float(np.mean(np.square(signal, dtype=np.float64))) if signal.size else 0.0
    return max(FLOOR, 10.0 * float(np.log10(power))) if power > 0 else FLOOR


def frame_levels(signal: NDArray[np.float32], rate: int, seconds: float) -> NDArray[np.float64]:
    """The level of each frame of this length in dBFS; the last one may be shorter."""
    length = max(1, round(seconds * rate))
    if not signal.size:
        return np.empty(0)
    power = np.mean(np.square(signal, dtype=np.float64), axis=1)
    starts = np.arange(0, len(power), length)
    sums = np.add.reduceat(power, starts)
    means = sums / np.diff(np.append(starts, len(power)))
    levels: NDArray[np.float64] = np.maximum(10 * np.log10(np.maximum(means, 1e-12)), FLOOR)
    return levels


def silence(signal: NDArray[np.float32], rate: int) -> tuple[float, float]:
    """Seconds of silence before and after the sound; twice the whole length when there is none."""
    levels = frame_levels(signal, rate, 0.01)
    sound = np.flatnonzero(levels > max(_SILENT, levels.max(initial=FLOOR) - _BELOW_LOUDEST))
    length = len(signal) / rate
    if not len(sound):
        return length, length
    frame = max(1, round(0.01 * rate)) / rate
    return float(sound[0] * frame), max(0.0, length - float((sound[-1] + 1) * frame))
