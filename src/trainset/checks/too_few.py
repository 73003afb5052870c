"""Too few samples."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.checks._flagged import none
from trainset.checks._groups import codes
from trainset.checks._quoted import counted, quoted
from trainset.contracts import Findings, check


@check("Too few samples")
def too_few(label: pa.Array, split: pa.Array, *, least: int = 20, least_test: int = 10) -> Findings:
    """Classes with too few samples to learn from, or to be scored on.

    ## Why it matters
    With five test samples one more hit is 20 points: the score says nothing.

    ## What to do
    Collect more, or merge the class with its neighbour: `trainset classes merge`.
    """
    group, names = codes(label)
    counts = np.bincount(group[group >= 0], minlength=len(names))
    test = pc.equal(split, "test").fill_null(False).to_numpy(zero_copy_only=False)
    tested = np.bincount(group[(group >= 0) & test], minlength=len(names))
    few = [
        f"{quoted(names[n])} has {counted(int(counts[n]), 'sample')}" for n in np.argsort(counts) if counts[n] < least
    ]
    thin = [
        f"{quoted(names[n])} has {counted(int(tested[n]), 'test sample')}"
        for n in np.argsort(tested)
        if 0 < tested[n] < least_test and counts[n] >= least
    ]
    about = [*few[:10], *thin[:10]]
    more = len(few) + len(thin) - len(about)
    return none(len(group), about=[*about, f"and {more:,} more classes"] if more else about)
