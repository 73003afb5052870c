"""Letters that were lost before a text came here."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from trainset.contracts import measure


@measure("Encoding errors", unit="characters", medium="text")
def encoding_errors(texts: pa.StringArray) -> pa.Array:
    """Number of replacement characters (U+FFFD), each of which stands for letters that an earlier program could not read."""
    return pc.count_substring(texts, "\ufffd")
