"""Loudness of a recording as people hear it."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure

_BLOCK, _STEP = 0.4, 0.1  # seconds
_ABSOLUTE, _RELATIVE = -70.0, -10.0  # LUFS, LU
_SILENCE = -120.0
_SURROUND = 1.41  # weight of the channels behind the listener, the fourth and fifth


@measure("Gated loudness", unit="LUFS", medium="audio", less="quieter", more="louder")
def loudness_gated(signal: NDArray[np.float32], rate: int) -> float:
    """Integrated loudness after EBU R128 (ITU-R BS.1770-4): weighted for the ear, pauses left out; -120 for silence.

    A recording shorter than a block of 400 ms is one block.
    """
    if not signal.size:
        return _SILENCE
    from scipy.signal import sosfilt

    weights = np.array([_SURROUND if channel in (3, 4) else 1.0 for channel in range(signal.shape[1])])
    power = np.square(sosfilt(_k_weighting(rate), signal.astype(np.float64), axis=0)) @ weights
    length, step = max(1, round(_BLOCK * rate)), max(1, round(_STEP * rate))
    sums = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, max(1, len(power) - length + 1), step)
    ends = np.minimum(starts + length, len(power))
    blocks = (sums[ends] - sums[starts]) / (ends - starts)
    kept = blocks[_lufs(blocks) > _ABSOLUTE]
    if not len(kept):
        return _SILENCE
    kept = kept[_lufs(kept) > _lufs(kept.mean()) + _RELATIVE]
    return float(_lufs(kept.mean()))


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-13)))


@cache
def _k_weighting(rate: int) -> NDArray[np.float64]:
    """The two filters of BS.1770-4, annex 1, as second-order sections: a shelf for the head, a high pass for the ear.

    The recommendation gives coefficients for 48 kHz; these are the analogue filters behind them, for any rate.
    """
    shelf_hz, shelf_gain, shelf_q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k, high = np.tan(np.pi * min(shelf_hz, 0.49 * rate) / rate), 10 ** (shelf_gain / 20)
    middle = high**0.4996667741545416
    a0 = 1 + k / shelf_q + k * k
    shelf = [
        (high + middle * k / shelf_q + k * k) / a0, 2 * (k * k - high) / a0, (high - middle * k / shelf_q + k * k) / a0,
        1.0, 2 * (k * k - 1) / a0, (1 - k / shelf_q + k * k) / a0,
    ]  # fmt: skip
    pass_hz, pass_q = 38.13547087602444, 0.5003270373238773
    k = np.tan(np.pi * pass_hz / rate)
    a0 = 1 + k / pass_q + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / pass_q + k * k) / a0]
    return np.array([shelf, high_pass])
