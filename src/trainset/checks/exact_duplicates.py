"""Exact duplicates."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainset.checks._copies import kept_of, named
from trainset.checks._flagged import flag
from trainset.checks._groups import groups
from trainset.contracts import Findings, check


@check("Exact duplicates")
def exact_duplicates(content: pa.Array, split: pa.Array, label: pa.Array, path: pa.Array) -> Findings:
    """Samples with exactly the bytes, or the text, of another one.

    ## Why it matters
    Copies count twice in training and in scores; across splits they are a leak.

    ## What to do
    `trainset exclude --check exact_duplicates` keeps one of each: that of the test set, else of validation, else the first.
    """
    group = groups(content)
    kept, copies = kept_of(group, split)
    flagged = copies & (kept[group] != np.arange(len(group)))
    sides = groups(split)
    labels = groups(label)
    first = kept[group]
    across = int((flagged & (sides != sides[first])).sum())
    differing = int((flagged & (labels != labels[first])).sum())
    about = []
    if flagged.any():
        originals = len(np.unique(group[copies]))
        about.append(
            f"{_counted(int(flagged.sum()), 'copy', 'copies')} of {_counted(originals, 'sample', 'samples')}; "
            f"{across:,} lie in another split than what they copy, {differing:,} under another label"
        )
    severity = 0.5 + 0.25 * (sides != sides[first]) + 0.25 * (labels != labels[first])
    return flag(flagged, severity, lambda row: f"a copy of {named(path, label, split, int(first[row]))}", about=about)


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
