"""Wrong extension."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check


@check("Wrong extension", matters=1)
def wrong_extension(remarks: pa.Array) -> Findings:
    """Files that are of another kind than their name says.

    ## Why it matters
    Programs that go by the name skip them in silence or fail on them.

    ## What to do
    Rename them at the source and import again.
    """
    found = [
        next((text for text in some or () if (text or "").startswith("wrong extension")), "")
        for some in remarks.to_pylist()
    ]
    flagged = np.array([bool(text) for text in found], bool)
    return flag(flagged, np.full(len(found), 0.3), lambda row: found[row].removeprefix("wrong extension: "))
