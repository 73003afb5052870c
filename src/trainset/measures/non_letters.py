"""How much of a text is no letters."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.contracts import measure


@measure("Non-letters", unit="share", medium="text")
def non_letters(texts: pa.StringArray) -> NDArray[np.float64]:
    """Share of characters that are neither letters nor white space, 0..1; 0 for an empty text."""
    others = pc.count_substring_regex(texts, r"[^\p{L}\p{M}\s]").to_numpy(zero_copy_only=False)
    values: NDArray[np.float64] = others / np.maximum(pc.utf8_length(texts).to_numpy(zero_copy_only=False), 1)
    return values
