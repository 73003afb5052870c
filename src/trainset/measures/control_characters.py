"""Control characters in a text."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from trainset.contracts import measure


@measure("Control characters", unit="characters", medium="text")
def control_characters(texts: pa.StringArray) -> pa.Array:
    """Number of control characters besides tab and line ends: they show nothing and mostly come from damage."""
    return pc.count_substring_regex(texts, r"[\x01-\x08\x0b\x0e-\x1f\x{7f}-\x{9f}]")
