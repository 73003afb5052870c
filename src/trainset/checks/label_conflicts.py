"""Duplicates with different labels."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainset.checks._copies import named
from trainset.checks._flagged import flag
from trainset.checks._groups import codes, groups, pairs
from trainset.checks._quoted import quoted
from trainset.contracts import Findings, check


@check("Duplicates with different labels", matters=3)
def label_conflicts(id: pa.Array, content: pa.Array, label: pa.Array, path: pa.Array, split: pa.Array) -> Findings:
    """The same content under two labels: at least one of them is wrong.

    ## Why it matters
    Nobody can learn that one thing is two; both samples cost accuracy.

    ## What to do
    Look at each pair and label it: `trainset look --check label_conflicts`.
    """
    group = groups(content)
    labels, names = codes(label)
    known = labels >= 0
    of, _, _ = pairs(group[known], labels[known])
    several = np.bincount(of, minlength=int(group.max(initial=0)) + 1) > 1
    flagged = known & several[group] if len(group) else known
    first: dict[int, int] = {}
    second: dict[int, int] = {}  # the first of a content that has another label than its first
    for row in np.flatnonzero(flagged).tolist():
        if labels[first.setdefault(int(group[row]), row)] != labels[row]:
            second.setdefault(int(group[row]), row)

    def because(row: int) -> str:
        other = first[int(group[row])]
        if labels[other] == labels[row]:
            other = second[int(group[row])]
        return f"{quoted(names[labels[row]])} here, {quoted(names[labels[other]])} as {named(id, path, label, split, other)}"

    return flag(flagged, np.full(len(group), 0.9), because)
