"""Mixed rates or channels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.checks._flagged import flag, none
from trainset.contracts import Findings, check


@check("Mixed rates or channels", medium="audio")
def mixed_rates(rate: NDArray[np.float64], channels: NDArray[np.float64]) -> Findings:
    """Recordings of another sampling rate or number of channels than most.

    ## Why it matters
    Read as if all had one rate, they sound too high or too low; rates also betray their source.

    ## What to do
    Resample everything to one rate and mix to one channel before training, and look at which classes they fall on.
    """
    if not len(rate):
        return none(0)
    about = []
    odd = np.zeros(len(rate), bool)
    for values, unit in ((rate, "Hz"), (channels, "channels")):
        found, counts = np.unique(values[~np.isnan(values)], return_counts=True)
        if len(found) > 1:
            about.append(
                ", ".join(f"{value:,.0f} {unit}: {count:,}" for value, count in zip(found, counts, strict=True))
            )
            if counts.max() > len(values) / 2:
                odd |= values != found[counts.argmax()]
    return flag(
        odd, np.full(len(odd), 0.5), lambda row: f"{rate[row]:,.0f} Hz, {channels[row]:.0f} channels", about=about
    )
