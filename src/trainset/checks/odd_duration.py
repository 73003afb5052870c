"""Too short or too long recordings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.checks._groups import robust_z
from trainset.checks._noise import is_noise
from trainset.contracts import Findings, check


@check("Too short or too long recordings", medium="audio", matters=1, version=2)
def odd_duration(
    seconds: NDArray[np.float64], label: pa.Array, meta: Mapping[str, pa.Array], *, z: float = 5.0
) -> Findings:
    """Recordings much shorter or longer than others of their class; background noise may be as long as it likes.

    ## Why it matters
    Too short ones miss a part, too long ones hold more than was asked for; padded or cut to one length both lose.

    ## What to do
    Listen; cut or record again. `trainset look --sort seconds` shows the extremes.
    """
    judged = np.where(is_noise(meta, label), np.nan, seconds)
    score = robust_z(np.log(np.maximum(judged, 1e-3)), label, 0.1)
    return flag(
        np.abs(score) > z,
        np.abs(score) / 20,
        lambda row: f"{seconds[row]:.2f} s, {'longer' if score[row] > 0 else 'shorter'} than others of its class",
    )
