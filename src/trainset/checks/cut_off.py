"""Cut-off recordings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.checks._groups import robust_z
from trainset.checks._noise import is_noise
from trainset.contracts import Findings, check


@check("Cut-off recordings", medium="audio")
def cut_off(
    level_first: NDArray[np.float64],
    level_last: NDArray[np.float64],
    loudness: NDArray[np.float64],
    label: pa.Array,
    meta: Mapping[str, pa.Array],
    *,
    z: float = 3.5,
    within_db: float = 6.0,
) -> Findings:
    """Recordings that begin or end in the middle of a sound; background noise may.

    ## Why it matters
    Half a word is another word, and it keeps the label of the whole one.

    ## What to do
    Listen to beginning and end; record again, or exclude.
    """
    loudness = np.where(is_noise(meta, label), np.nan, loudness)
    first, last = level_first - loudness, level_last - loudness
    begins = (robust_z(first, label, 2.0) > z) & (first > -within_db)
    ends = (robust_z(last, label, 2.0) > z) & (last > -within_db)
    worst = np.fmax(np.where(begins, first, -99), np.where(ends, last, -99))

    def because(row: int) -> str:
        sides = [
            f"{side} at {level[row]:+.0f} dB of its own loudness"
            for side, level, cut in (("begins", first, begins), ("ends", last, ends))
            if cut[row]
        ]
        return " and ".join(sides)

    return flag(begins | ends, 0.5 + worst / 20, because)
