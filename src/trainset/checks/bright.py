"""Bright pictures."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.checks._groups import robust_z
from trainset.contracts import Findings, check


@check("Bright pictures", medium="image")
def bright(
    brightness: NDArray[np.float64],
    contrast: NDArray[np.float64],
    label: pa.Array,
    *,
    above: float = 0.94,
    z: float = 6.0,
) -> Findings:
    """Pictures so bright that little can be seen in them.

    ## Why it matters
    Over-exposed pictures have lost what tells classes apart.

    ## What to do
    Look at them; exclude what shows nothing.
    """
    usual = float(np.nanmedian(brightness)) if len(brightness) else 0.0
    pale = (brightness > above) & (contrast < 0.12) & (usual < above - 0.1)  # scans and drawings are white by nature
    outlying = (robust_z(brightness, label, 0.02) > z) & (brightness > above - 0.1)
    return flag(
        pale | outlying,
        (brightness - 0.8) * 5,
        lambda row: f"brightness {brightness[row]:.3f} of 1, contrast {contrast[row]:.3f}",
    )
