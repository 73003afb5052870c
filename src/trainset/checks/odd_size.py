"""Odd sizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check


@check("Odd sizes", medium="image", matters=1)
def odd_size(
    width: NDArray[np.float64], height: NDArray[np.float64], *, z: float = 6.0, least_ratio: float = 3.0
) -> Findings:
    """Pictures far smaller or larger than the others.

    ## Why it matters
    A thumbnail among photos is blurred when it is scaled up, and size may tell classes apart.

    ## What to do
    Look at them; get the original, or exclude thumbnails and icons.
    """
    area = np.log(np.maximum(width * height, 1))
    usual = float(np.nanmedian(area)) if len(area) else 0.0
    apart = np.abs(area - usual)
    spread = 1.4826 * float(np.nanmedian(apart)) if len(area) else 0.0
    flagged = (apart > z * max(spread, 0.05)) & (apart > np.log(least_ratio))
    return flag(
        flagged,
        apart / np.log(least_ratio) / 4,
        lambda row: f"{width[row]:.0f} x {height[row]:.0f}, usual is {np.exp(usual / 2):.0f} squared",
    )
