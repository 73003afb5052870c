"""Exact duplicates."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.checks._copies import kept_of, named, together
from trainset.checks._flagged import flag
from trainset.checks._groups import groups
from trainset.checks._quoted import counted
from trainset.contracts import Findings, check


@check("Exact duplicates")
def exact_duplicates(
    id: pa.Array, content: pa.Array, split: pa.Array, label: pa.Array, path: pa.Array, apart: NDArray[np.int64]
) -> Findings:
    """Samples with exactly the bytes, or the text, of another one.

    ## Why it matters
    Copies count twice in training and in scores; across splits they are a leak.

    ## What to do
    `trainset exclude --check exact_duplicates` keeps one of each: that of the test set, else of validation, else the first.
    """
    group = groups(content)
    kept, copies = kept_of(group, split)
    rows = np.arange(len(group))
    flagged = copies & (kept[group] != rows) & ~together(rows, kept[group], apart, len(group))
    sides = groups(split)
    labels = groups(label)
    first = kept[group]
    across = int((flagged & (sides != sides[first])).sum())
    differing = int((flagged & (labels != labels[first])).sum())
    about = []
    if flagged.any():
        originals = len(np.unique(group[copies]))
        about.append(
            f"{counted(int(flagged.sum()), 'copy', 'copies')} of {counted(originals, 'sample')}"
            + (f"; {across:,} in another split than what they copy" if across else "")
            + (f"; {differing:,} under another label" if differing else "")
        )
    severity = 0.5 + 0.25 * (sides != sides[first]) + 0.25 * (labels != labels[first])
    return flag(
        flagged, severity, lambda row: f"a copy of {named(id, path, label, split, int(first[row]))}", about=about
    )
