"""Up to where a recording has sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure

_WINDOW = 1024
_HANN = np.hanning(_WINDOW).astype(np.float32)
_AT_ONCE = 1_000  # windows


@measure("Bandwidth", unit="Hz", medium="audio")
def bandwidth(signal: NDArray[np.float32], rate: int) -> float | None:
    """Highest frequency at which the long-term spectrum is within 65 dB of its strongest part, in windows of 1,024 frames (Hann).

    Telephone audio stored at 16 kHz ends at 4,000 Hz although its rate says 8,000. None for silence and below 1,024 frames.
    """
    mono = signal.mean(axis=1)
    count = len(mono) // _WINDOW
    if count < 1:
        return None
    power = np.zeros(_WINDOW // 2 + 1)
    for start in range(0, count, _AT_ONCE):
        frames = mono[start * _WINDOW : min(start + _AT_ONCE, count) * _WINDOW].reshape(-1, _WINDOW)
        power += np.sum(np.abs(np.fft.rfft(frames * _HANN)) ** 2, axis=0)
    strongest = power[1:].max()
    if strongest <= 1e-12 * count:
        return None
    return float(np.flatnonzero(power > strongest * 10**-6.5)[-1] * rate / _WINDOW)
