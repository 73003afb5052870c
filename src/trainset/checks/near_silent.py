"""Near-silent recordings."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.checks._groups import robust_z
from trainset.contracts import Findings, check


@check("Near-silent recordings", medium="audio")
def near_silent(
    loudness: NDArray[np.float64],
    label: pa.Array,
    *,
    below_dbfs: float = -60.0,
    z: float = 4.0,
    outlying_below_dbfs: float = -50.0,
) -> Findings:
    """Recordings too quiet to learn from.

    ## Why it matters
    A microphone that was off, or a word that was never said, keeps its label and teaches noise.

    ## What to do
    Listen to the worst; exclude what cannot be heard, amplify what can.
    """
    outlying = (robust_z(loudness, label, 3.0) < -z) & (loudness < outlying_below_dbfs)
    flagged = (loudness < below_dbfs) | outlying
    return flag(flagged, (-20 - loudness) / 100, lambda row: f"{loudness[row]:.0f} dBFS")
