"""Reported samples."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainset.checks._flagged import flag
from trainset.checks._quoted import quoted, shortened
from trainset.contracts import Findings, check


@check("Reported by others", matters=2)
def reported(label: pa.Array, reported_label: pa.Array, reported_by: pa.Array, reported_why: pa.Array) -> Findings:
    """Samples that somebody outside reported, and whose label is not what the report proposes; of several reports the latest counts.

    ## Why it matters
    Those who use a model or a published set see mistakes first. A report is a suggestion, no label.

    ## What to do
    Look at them; label what they are right about, and dismiss the others with a reason.
    """
    spoken = np.array([by is not None for by in reported_by.to_pylist()], bool)
    labels, now = reported_label.to_pylist(), label.to_pylist()
    other = np.array(
        [proposed is None or proposed != present for proposed, present in zip(labels, now, strict=True)], bool
    )

    def because(row: int) -> str:
        who, why = shortened(reported_by[row].as_py()), reported_why[row].as_py()
        said = f"{who} says {quoted(labels[row])}" if labels[row] else f"reported by {who}"
        return said + (f": {shortened(why)}" if why else "")

    return flag(spoken & other, np.where([value is not None for value in labels], 0.8, 0.5), because)
