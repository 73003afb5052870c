"""A class missing from a split."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainset.checks._flagged import none
from trainset.checks._groups import codes
from trainset.checks._quoted import quoted
from trainset.contracts import Findings, check


@check("A class missing from a split", matters=3)
def missing_class(label: pa.Array, split: pa.Array) -> Findings:
    """Classes that a split has no sample of.

    ## Why it matters
    A class without test samples is never scored; one without training samples is never learnt.

    ## What to do
    Move some samples there, or collect: `trainset move-split test --where FILTER`.
    """
    group, names = codes(label)
    sides, splits = codes(split)
    about = []
    for side, name in enumerate(splits):
        if name in ("train", "validation", "test"):
            missing = np.flatnonzero(np.bincount(group[(group >= 0) & (sides == side)], minlength=len(names)) == 0)
            if len(missing):
                shown = ", ".join(quoted(names[int(n)]) for n in missing[:10]) + (
                    f" and {len(missing) - 10:,} more" if len(missing) > 10 else ""
                )
                about.append(f"{name} has no sample of {shown}")
    return none(len(group), about=about)
