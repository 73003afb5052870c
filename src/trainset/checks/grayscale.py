"""Grey among colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.checks._flagged import flag, none
from trainset.contracts import Findings, check


@check("Grey among colour", medium="image", matters=1)
def grayscale(colourfulness: NDArray[np.float64], *, below: float = 1.0, most: float = 0.1) -> Findings:
    """Grey pictures in a set of colour pictures, or colour in a grey one.

    ## Why it matters
    They come from another source, and a model may learn the source instead of the class.

    ## What to do
    Look at which classes they fall on; convert all to one kind if it matters.
    """
    grey = colourfulness < below
    share = float(grey.mean()) if len(grey) else 0.0
    if 0 < share <= most:
        return flag(grey, np.full(len(grey), 0.5), lambda row: "a grey picture among coloured ones")
    if 1 - most <= share < 1:
        return flag(
            ~grey, np.full(len(grey), 0.5), lambda row: f"colourfulness {colourfulness[row]:.0f} among grey ones"
        )
    return none(len(grey))
