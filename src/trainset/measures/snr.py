"""How far a recording stands above its noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure
from trainset.measures._levels import frame_levels


@measure("Signal to noise", unit="dB", medium="audio", less="noisier", more="cleaner")
def snr(signal: NDArray[np.float32], rate: int) -> float | None:
    """Estimated signal-to-noise ratio: the level that 5 % of all 20 ms frames exceed, over the level that 10 % stay below.

    An estimate that takes the quietest frames for noise (as NIST's STNR does): too low for sound without pauses. At most 100;
    None below 0.2 seconds.
    """
    levels = frame_levels(signal, rate, 0.02)
    if len(levels) < 10:
        return None
    return float(min(100.0, np.percentile(levels, 95) - np.percentile(levels, 10)))
