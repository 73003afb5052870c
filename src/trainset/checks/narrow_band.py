"""Narrow band among wide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check


@check("Narrow band among wide", medium="audio")
def narrow_band(
    bandwidth: NDArray[np.float64], rate: NDArray[np.float64], *, below: float = 0.6, usual_above: float = 0.75
) -> Findings:
    """Recordings without the upper frequencies that the others have.

    ## Why it matters
    Telephone audio stored at a high rate looks like the rest and sounds like a telephone: a model may learn the line.

    ## What to do
    Look at which classes and contributors they fall on; low-pass all alike, or exclude.
    """
    filled = bandwidth / (rate / 2)
    usual = float(np.nanmedian(filled)) if len(filled) and not np.isnan(filled).all() else 0.0
    flagged = (filled < below * usual) if usual > usual_above else np.zeros(len(filled), bool)
    return flag(flagged, 1 - filled, lambda row: f"sound up to {bandwidth[row]:,.0f} Hz of {rate[row] / 2:,.0f} Hz")
