"""Near duplicates with different labels."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainset.checks._copies import named
from trainset.checks._flagged import flag
from trainset.checks._groups import codes
from trainset.checks._near import near_pairs, worst_pair
from trainset.checks._quoted import quoted
from trainset.contracts import Findings, Near, check


@check("Near duplicates with different labels", version=2)
def near_label_conflicts(
    id: pa.Array, near: Near, content: pa.Array, label: pa.Array, path: pa.Array, split: pa.Array, *,
    pictures: float = 0.01, recordings: float = 0.05, texts: float = 1e-6,
) -> Findings:  # fmt: skip
    """Two samples that nearly are the same under two labels; see near_duplicates for what that means.

    ## Why it matters
    One of them is wrong, or the two classes cannot be told apart by what is in the sample.

    ## What to do
    Look at each pair and label it, or say in the classes' definitions what tells them apart: `trainset look --check near_label_conflicts`.
    """
    first, second, severity = near_pairs(near, content, split, pictures, recordings, texts)
    labels, names = codes(label)
    two = (labels[first] >= 0) & (labels[second] >= 0) & (labels[first] != labels[second])
    first, second, severity = first[two], second[two], severity[two]
    rows, others = np.concatenate([first, second]), np.concatenate([second, first])
    other, bad = worst_pair(rows, others, np.concatenate([severity, severity]), len(content))

    def because(row: int) -> str:
        there = int(other[row])
        return f"{quoted(names[labels[row]])} here, {quoted(names[labels[there]])} as {named(id, path, label, split, there)}"

    return flag(other >= 0, bad, because)
