"""Clipped recordings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check


@check("Clipped recordings", medium="audio")
def clipped(clipped: NDArray[np.float64], *, above: float = 0.01) -> Findings:
    """Recordings with flat tops: too loud for the device that took them.

    ## Why it matters
    Clipping adds harmonics that were never said, and betrays the device.

    ## What to do
    Listen; ask for a lower recording level, exclude the worst.
    """
    return flag(clipped > above, clipped * 10, lambda row: f"{clipped[row]:.1%} of it lies in flat tops")
