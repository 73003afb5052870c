"""How much of a recording is clipped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure

_LOWEST = 0.01
"""Of full scale: in quieter recordings a few equal values are rounding."""


@measure("Clipped", unit="share", medium="audio")
def clipped(signal: NDArray[np.float32]) -> float:
    """Share of frames in flat tops, 0..1: runs of at least 3 equal values, within 0.1 %, at the recording's own peak, of either sign.

    Recordings clipped by an earlier device and turned down since are found as well. A peak below -40 dBFS is no clipping.
    """
    if not signal.size:
        return 0.0
    most = 0.0
    for channel in signal.T:
        for side in (channel, -channel):
            top = float(side.max())
            if top > _LOWEST:
                most = max(most, _in_runs(side >= top * 0.999))
    return most


def _in_runs(flat: NDArray[np.bool_]) -> float:
    """Share of values in runs of at least 3."""
    if len(flat) < 3:
        return 0.0
    run = flat[:-2] & flat[1:-1] & flat[2:]
    inside = np.zeros(len(flat), bool)
    for shift in range(3):
        inside[shift : shift + len(run)] |= run
    return float(inside.mean())
