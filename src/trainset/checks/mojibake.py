"""Mojibake."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check


@check("Mojibake", medium="text")
def mojibake(mojibake: NDArray[np.float64], encoding_errors: NDArray[np.float64]) -> Findings:
    """Texts that were read in a wrong encoding somewhere.

    ## Why it matters
    `Ã¼` is two letters that no user will ever type; words with umlauts and accents become unknown ones.

    ## What to do
    Repair them at the source: read the file as UTF-8. The library ftfy mends single texts.
    """
    flagged = (mojibake > 0) | (encoding_errors > 0)
    return flag(
        flagged,
        (mojibake + encoding_errors) / 5,
        lambda row: _said(mojibake[row], encoding_errors[row]),
    )


def _said(misread: float, lost: float) -> str:
    parts = [(misread, "place looks misread", "places look misread"), (lost, "letter is lost", "letters are lost")]
    return ", ".join(f"{n:.0f} {one if n == 1 else several}" for n, one, several in parts if n > 0)
