"""Source disagrees."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check


@check("Source disagrees", version=2)
def source_disagrees(
    label: pa.Array, source_label: pa.Array, remarks: pa.Array, labelled_by: pa.Array, labelled_at: pa.Array, source_label_then: pa.Array
) -> Findings:  # fmt: skip
    """Samples of which the source says two things, or has changed its mind since people labelled them.

    ## Why it matters
    Folder and list, or source and reviewer, cannot both be right. People's labels stay when a source changes: only somebody who
    looks can tell whether it was mended or spoiled.

    ## What to do
    Look at them, label what is wrong, and dismiss what is right as it is.
    """
    said = [
        next((text for text in some or () if (text or "").startswith("folder and list disagree: label")), "")
        for some in remarks.to_pylist()
    ]
    then = source_label_then.to_pylist()
    flagged = np.array([bool(text) or before is not None for text, before in zip(said, then, strict=True)], bool)

    def because(row: int) -> str:
        who, when = labelled_by[row].as_py(), labelled_at[row].as_py()
        by = f" by {who} on {when} UTC" if who and when else " now"
        now = f"labelled {_quoted(label[row].as_py())}{by}, {_quoted(source_label[row].as_py())} by the source"
        if then[row] is not None:
            now += f", which said {_quoted(then[row])} then"
        return f"{said[row]}; {now}" if said[row] else now

    # what changed behind a person's back before what the import has told already
    severity = np.array([0.5 if before is None else 0.8 for before in then])
    return flag(flagged, severity, because)


def _quoted(label: str | None) -> str:
    return repr(label) if label else "nothing"
