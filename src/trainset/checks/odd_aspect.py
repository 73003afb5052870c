"""Odd shapes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check


@check("Odd shapes", medium="image", matters=1, version=2)
def odd_aspect(aspect: NDArray[np.float64], *, z: float = 6.0, least_ratio: float = 2.0) -> Findings:
    """Pictures much wider or higher than the others.

    ## Why it matters
    Scaled to a square they are squeezed; strips are often page banners, collages or scans of something else.

    ## What to do
    Look at them; crop or exclude.
    """
    shape = np.log(aspect)
    usual = float(np.nanmedian(shape)) if len(shape) else 0.0
    sides = np.abs(shape) - abs(usual)  # upright instead of lying is no odd shape, nor are 16:9 among 4:3
    spread = 1.4826 * float(np.nanmedian(np.abs(np.abs(shape) - abs(usual)))) if len(shape) else 0.0
    flagged = sides > max(z * spread, np.log(least_ratio))
    return flag(flagged, sides, lambda row: f"{aspect[row]:.2f} times as wide as high, usual is {np.exp(usual):.2f}")
