"""Blurry pictures."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.checks._groups import robust_z
from trainset.contracts import Findings, check


@check("Blurry pictures", medium="image")
def blurry(
    sharpness: NDArray[np.float64],
    contrast: NDArray[np.float64],
    label: pa.Array,
    *,
    z: float = 4.0,
    of_usual: float = 0.5,
) -> Findings:
    """Pictures much less sharp than others of their class.

    ## Why it matters
    Blur takes away texture and edges; a blurry class teaches a model that blur means that class.

    ## What to do
    Look at them beside sharp ones; exclude what people cannot recognise either.
    """
    usual = float(np.nanmedian(sharpness)) if len(sharpness) else 0.0
    outlying = robust_z(sharpness, label, 0.02) < -z
    flagged = outlying & (sharpness < of_usual * usual) & (contrast > 0.02)
    return flag(
        flagged, 1 - sharpness / max(usual, 1e-9), lambda row: f"sharpness {sharpness[row]:.2f}, usual is {usual:.2f}"
    )
