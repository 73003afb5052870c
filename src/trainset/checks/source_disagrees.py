"""Source disagrees."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check


@check("Source disagrees")
def source_disagrees(label: pa.Array, source_label: pa.Array, remarks: pa.Array) -> Findings:
    """Samples of which the source says two things, or another thing than people do here.

    ## Why it matters
    Folder and list, or source and reviewer, cannot both be right.

    ## What to do
    Look at them, and label what is wrong.
    """
    said = [
        next((text for text in some or () if text.startswith("folder and list disagree: label")), "")
        for some in remarks.to_pylist()
    ]
    flagged = np.array([bool(text) for text in said], bool)
    return flag(
        flagged,
        np.full(len(said), 0.5),
        lambda row: f"{said[row]}; labelled {label[row].as_py()!r} now, {source_label[row].as_py()!r} by the source",
    )
