"""Mostly silence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check


@check("Mostly silence", medium="audio")
def mostly_silence(
    leading_silence: NDArray[np.float64],
    trailing_silence: NDArray[np.float64],
    seconds: NDArray[np.float64],
    *,
    above: float = 0.8,
) -> Findings:
    """Recordings of which the sound fills but a small part.

    ## Why it matters
    Cut to one length from the start, the sound may be cut away and silence keep the label.

    ## What to do
    Trim silence, or cut each recording to its loudest part.
    """
    share = np.minimum((leading_silence + trailing_silence) / np.maximum(seconds, 1e-3), 1)
    return flag(
        share > above, share, lambda row: f"{share[row]:.0%} of {seconds[row]:.2f} s is silence before or after"
    )
