"""Pictures with little in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check


@check("Pictures with little in them", medium="image")
def low_information(
    entropy: NDArray[np.float64],
    contrast: NDArray[np.float64],
    *,
    below_bits: float = 1.0,
    below_contrast: float = 0.01,
) -> Findings:
    """Pictures of one flat tone, or nearly so.

    ## Why it matters
    There is nothing to learn from a blank picture but its label, which is wrong as often as not.

    ## What to do
    Exclude them, and find out where they come from.
    """
    usual = float(np.nanmedian(entropy)) if len(entropy) else 0.0
    flagged = (contrast < below_contrast) | (
        (entropy < below_bits) & (entropy < usual / 6) & (contrast < 4 * below_contrast)
    )
    return flag(flagged, 1 - entropy / 8, lambda row: f"entropy {entropy[row]:.2f} bits, contrast {contrast[row]:.3f}")
