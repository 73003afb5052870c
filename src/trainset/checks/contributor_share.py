"""One contributor gives too much."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainset.checks._flagged import none
from trainset.checks._groups import codes, pairs
from trainset.checks._quoted import quoted
from trainset.contracts import Findings, check


@check("One contributor gives too much")
def contributor_share(contributor: pa.Array, label: pa.Array, *, above: float = 0.5, least: int = 10) -> Findings:
    """Classes of which one contributor gave too large a share.

    ## Why it matters
    The class becomes that one voice, hand or camera.

    ## What to do
    Collect from others, or take a part of theirs: `trainset exclude --where`.
    """
    people, names = codes(contributor)
    group, classes = codes(label)
    known = (people >= 0) & (group >= 0)
    if len(names) < 3 or not known.any():
        return none(len(people))
    totals = np.bincount(group[known], minlength=len(classes))
    about = [
        f"{quoted(names[person])} gave {count:,} of {totals[of]:,} of {quoted(classes[of])}"
        for of, person, count in zip(*pairs(group[known], people[known]), strict=True)
        if totals[of] >= least and count > above * totals[of]
    ]
    return none(len(people), about=about[:20])
