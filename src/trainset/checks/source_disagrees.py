"""Source disagrees."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
    said = _disagreements(remarks)
    changed = source_label_then.is_valid().to_numpy(zero_copy_only=False)
    flagged = changed.copy()
    flagged[[*said]] = True

    def because(row: int) -> str:
        who, when = labelled_by[row].as_py(), labelled_at[row].as_py()
        by = f" by {who} on {when} UTC" if who and when else " now"
        now = f"labelled {_quoted(label[row].as_py())}{by}, {_quoted(source_label[row].as_py())} by the source"
        if changed[row]:
            now += f", which said {_quoted(source_label_then[row].as_py())} then"
        return f"{said[row]}; {now}" if row in said else now

    # what changed behind a person's back before what the import has told already
    return flag(flagged, np.where(changed, 0.8, 0.5), because)


def _disagreements(remarks: pa.Array) -> dict[int, str]:
    """Row -> the first remark that its folder and its list give it two labels, for the rows that have one."""
    texts, rows = pc.list_flatten(remarks), pc.list_parent_indices(remarks)
    hits = pc.starts_with(texts, "folder and list disagree: label").fill_null(False)
    found: dict[int, str] = {}
    for row, text in zip(rows.filter(hits).to_pylist(), texts.filter(hits).to_pylist(), strict=True):
        found.setdefault(row, text)
    return found


def _quoted(label: str | None) -> str:
    return repr(label) if label else "nothing"
