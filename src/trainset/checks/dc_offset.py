"""DC offset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check


@check("DC offset", medium="audio", matters=1)
def dc_offset(dc_offset: NDArray[np.float64], *, above: float = 0.02) -> Findings:
    """Recordings that lie beside zero.

    ## Why it matters
    A constant offset comes from a faulty device; it takes room from the sound and may betray who recorded.

    ## What to do
    Subtract the mean, or apply a high-pass filter, to all recordings alike.
    """
    return flag(dc_offset > above, dc_offset * 5, lambda row: f"the mean is {dc_offset[row]:.3f} of full scale")
