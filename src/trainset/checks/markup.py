"""Markup left in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check


@check("Markup left in", medium="text", matters=1)
def markup(markup: NDArray[np.float64], *, above: int = 0) -> Findings:
    """Texts with HTML tags, entities or links left in.

    ## Why it matters
    Markup betrays the source a text was taken from, and real inputs will not have it.

    ## What to do
    Strip it from all texts alike, as the inputs in use are.
    """
    return flag(markup > above, markup / 10, lambda row: f"{markup[row]:.0f} tags, entities or links")
