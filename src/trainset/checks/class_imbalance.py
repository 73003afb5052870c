"""Class imbalance."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainset.checks._flagged import none
from trainset.checks._groups import codes
from trainset.checks._quoted import quoted
from trainset.contracts import Findings, check


@check("Class imbalance")
def class_imbalance(label: pa.Array, *, above: float = 10.0) -> Findings:
    """Classes with many times fewer samples than others.

    ## Why it matters
    A model that always says the large class is right most of the time; the small one is hardly learnt, and its score is noise.

    ## What to do
    Collect more of the small classes first; else weigh them in training, and report scores per class.
    """
    group, names = codes(label)
    counts = np.bincount(group[group >= 0], minlength=len(names))
    if len(names) < 2 or counts.max() <= above * counts.min():
        return none(len(group))
    small = np.argsort(counts, kind="stable")[:5]
    shown = ", ".join(f"{quoted(names[number])} {counts[number]:,}" for number in small)
    about = (
        f"the largest class, {quoted(names[int(counts.argmax())])}, has {counts.max():,} samples; the smallest: {shown}"
    )
    return none(len(group), about=[about])
