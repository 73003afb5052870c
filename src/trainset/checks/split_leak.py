"""The same content in two splits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainset.checks._copies import kept_of, named
from trainset.checks._flagged import flag
from trainset.checks._groups import groups
from trainset.contracts import Findings, check


@check("The same content in two splits", matters=3)
def split_leak(id: pa.Array, content: pa.Array, split: pa.Array, label: pa.Array, path: pa.Array) -> Findings:
    """Training samples that are in the test or validation set as well.

    ## Why it matters
    What was learnt by heart is scored as if it were understood: the score is too good.

    ## What to do
    `trainset exclude --check split_leak` takes the training copies out; the test set stays as it is.
    """
    group = groups(content)
    kept, copies = kept_of(group, split)
    first = kept[group]
    sides = groups(split)
    flagged = copies & (sides >= 0) & (sides != sides[first]) & (sides[first] >= 0)
    return flag(
        flagged,
        np.full(len(group), 0.9),
        lambda row: f"in {split[row].as_py()}, and as {named(id, path, label, split, int(first[row]))}",
    )
