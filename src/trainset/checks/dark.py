"""Dark pictures."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.checks._groups import robust_z
from trainset.contracts import Findings, check


@check("Dark pictures", medium="image", version=2)
def dark(
    brightness: NDArray[np.float64],
    contrast: NDArray[np.float64],
    label: pa.Array,
    *,
    below: float = 0.06,
    z: float = 6.0,
) -> Findings:
    """Pictures so dark that little can be seen in them; something well lit before a black background is none.

    ## Why it matters
    What cannot be seen cannot be learnt, and a class whose pictures are darker than others is told apart by light.

    ## What to do
    Look at them; brighten the source if it can be, exclude what shows nothing.

    ## References
    Bhatia and Davis 2000, A better bound on the variance: var <= (brightest - mean) (mean - darkest)
    """
    brightest = brightness + contrast**2 / np.maximum(brightness, 1e-6)  # at least; of a mean and a deviation alone
    outlying = (robust_z(brightness, label, 0.02) < -z) & (brightness < 3 * below)
    flagged = ((brightness < below) | outlying) & ~(brightest > 4 * below)
    return flag(flagged, 1 - brightness / (4 * below), lambda row: f"brightness {brightness[row]:.3f} of 1")
