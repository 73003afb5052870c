"""Orientation flag."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check


@check("Orientation flag", medium="image", version=2)
def orientation_flag(orientation: NDArray[np.float64]) -> Findings:
    """Pictures that lie on their side unless a program obeys their EXIF flag.

    ## Why it matters
    Viewers turn such pictures and most training code does not: people and model see different things.

    ## What to do
    Turn the pixels and remove the flag, or make sure that the training code obeys it.
    """
    flagged = (orientation >= 2) & (orientation <= 8)  # others have no meaning, and no program turns the picture
    return flag(
        flagged,
        np.full(len(flagged), 0.6),
        lambda row: f"EXIF orientation {orientation[row]:.0f}: shown upright here, stored otherwise",
    )
