"""Empty or placeholder texts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check

_PLACEHOLDERS = pa.array(
    [
        "n/a", "na", "nan", "none", "null", "nil", "test", "testing", "todo", "tbd", "xxx", "asdf", "lorem ipsum", "unknown", "undefined",
        "text", "foo", "bar", "deleted", "[deleted]", "removed", "[removed]",
    ]
)  # fmt: skip


@check("Empty or placeholder texts", medium="text")
def empty_text(text: pa.Array) -> Findings:
    """Texts that say nothing: blanks, dashes, "n/a", "test".

    ## Why it matters
    They keep a label that nobody could give them.

    ## What to do
    Exclude them, and find out which form lets them through.
    """
    plain = pc.utf8_lower(pc.utf8_trim(pc.fill_null(text, ""), " \t\r\n.!?-_*\"'"))
    flagged = pc.or_(pc.equal(plain, ""), pc.is_in(plain, value_set=_PLACEHOLDERS)).to_numpy(zero_copy_only=False)
    return flag(flagged, np.ones(len(flagged)), lambda row: f"the whole text is {str(text[row].as_py())[:40]!r}")
