"""Nearly the same content in two splits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainset.checks._copies import named, rank_of
from trainset.checks._flagged import flag
from trainset.checks._groups import codes
from trainset.checks._near import near_pairs, worst_pair
from trainset.contracts import Findings, Near, check


@check("Nearly the same content in two splits", matters=3, version=2)
def near_split_leak(
    id: pa.Array, near: Near, content: pa.Array, split: pa.Array, label: pa.Array, path: pa.Array, *,
    pictures: float = 0.01, recordings: float = 0.05, texts: float = 1e-6,
) -> Findings:  # fmt: skip
    """Training samples that are nearly the same as one of the test or validation set; see near_duplicates for what that means.

    ## Why it matters
    What was learnt by heart is scored as if it were understood: the score is too good.

    ## What to do
    `trainset exclude --check near_split_leak` takes the training samples out; the test set stays as it is.
    """
    count = len(content)
    first, second, severity = near_pairs(near, content, split, pictures, recordings, texts)
    rank = rank_of(split)
    sides, _ = codes(split)
    across = (sides[first] >= 0) & (sides[second] >= 0) & (sides[first] != sides[second])
    first, second, severity = first[across], second[across], severity[across]
    goes = np.where(rank[first] > rank[second], first, second)
    stays = np.where(rank[first] > rank[second], second, first)
    other, bad = worst_pair(goes, stays, severity, count)
    return flag(
        other >= 0,
        0.4 + 0.5 * bad,
        lambda row: f"in {split[row].as_py()}, and nearly the same as {named(id, path, label, split, int(other[row]))}",
    )
