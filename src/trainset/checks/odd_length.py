"""Too short or too long texts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.checks._flagged import flag
from trainset.checks._groups import robust_z
from trainset.contracts import Findings, check


@check("Too short or too long texts", medium="text", matters=1)
def odd_length(characters: NDArray[np.float64], label: pa.Array, *, z: float = 5.0) -> Findings:
    """Texts much shorter or longer than others of their class.

    ## Why it matters
    A whole article among sentences is cut by most models, and a single letter says nothing.

    ## What to do
    Read them; split or exclude.
    """
    score = robust_z(np.log(np.maximum(characters, 0.5)), label, 0.25)
    return flag(
        np.abs(score) > z,
        np.abs(score) / 20,
        lambda row: (
            f"{characters[row]:,.0f} characters, {'longer' if score[row] > 0 else 'shorter'} than others of its class"
        ),
    )
