"""Length of a text."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from trainset.contracts import measure


@measure("Characters", unit="characters", medium="text", less="shorter", more="longer")
def characters(texts: pa.StringArray) -> pa.Array:
    """Number of Unicode characters."""
    return pc.utf8_length(texts)
