"""The loudest stretch of a recording."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FLOOR = -120.0
"""What silence is given, in dBFS."""

_BLOCK = 1 << 16  # frames at a time: memory is one number per frame, not one per value
_SAME = 1e-9  # of the energy: differences below it are those of rounding


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some frames of a recording. dbfs: their root mean square over all channels (0 = a full-scale square wave)."""

    start: int
    frames: int
    dbfs: float


def loudest(signal: NDArray[np.float32], frames: int) -> Stretch:
    """The `frames` frames of most energy; the whole recording when it has no more. signal: (n, channels) float32.

    Energy is the sum of squares over all channels, about the mean of each channel over the whole recording: a constant offset
    is not loudness. Of stretches equally loud it is the first.
    """
    if not len(signal) or frames < 1:
        return Stretch(0, 0, FLOOR)
    mean = signal.mean(axis=0, dtype=np.float64)
    length = min(frames, len(signal))
    start = 0 if length == len(signal) else _first_loudest(_cumulated(signal, mean), length)
    power = _energy(signal[start : start + length], mean).sum() / (length * signal.shape[1])
    return Stretch(start, length, max(FLOOR, 10.0 * float(np.log10(power))) if power > 0 else FLOOR)


def _energy(signal: NDArray[np.float32], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each frame."""
    centred = signal - mean
    energy: NDArray[np.float64] = np.einsum("fc,fc->f", centred, centred)
    return energy


def _cumulated(signal: NDArray[np.float32], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n + 1,): the energy of all frames before each frame, and of all of them."""
    sums = np.zeros(len(signal) + 1)
    for at in range(0, len(signal), _BLOCK):
        block = signal[at : at + _BLOCK]
        sums[at + 1 : at + 1 + len(block)] = _energy(block, mean)
    return np.cumsum(sums, out=sums)


def _first_loudest(sums: NDArray[np.float64], length: int) -> int:
    """Where the first of the loudest windows starts; the last window ends with the last frame."""
    best, start = -1.0, 0
    for at in range(0, len(sums) - length, _BLOCK):
        windows = sums[at + length : at + length + _BLOCK] - sums[at : min(at + _BLOCK, len(sums) - length)]
        most = float(windows.max())
        if most > best + _SAME * abs(best):
            best, start = most, at + int(np.argmax(windows >= most - _SAME * abs(most)))
    return start
