"""Near duplicates."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.checks._copies import kept_of, named
from trainset.checks._flagged import flag
from trainset.checks._groups import codes
from trainset.checks._near import linked, near_pairs, worst_pair
from trainset.contracts import Findings, Near, check


@check("Near duplicates", version=2)
def near_duplicates(
    id: pa.Array, near: Near, content: pa.Array, split: pa.Array, label: pa.Array, path: pa.Array,
    apart: NDArray[np.int64], *,
    pictures: float = 0.01, recordings: float = 0.05, texts: float = 1e-6,
) -> Findings:  # fmt: skip
    """Samples that are another one but for what does not matter: of pictures another size, crop, brightness or format; of recordings
    another level, rate, start or codec; of texts case, punctuation, or one word in eight.

    `pictures`, `recordings`: the chance that an ordinary neighbour of this set would lie as near; where all samples are alike, as
    digits are, being alike is no finding. `texts`: how many texts of this set would be as like another one by chance, of those that
    differ in at most one word of eight; phrases that many use are no finding.

    ## Why it matters
    The same thing counts twice in training and in scores, and a random split puts one on each side.

    ## What to do
    `trainset exclude --check near_duplicates` keeps one of each group: that of the test set, else of validation, else the first.

    ## References
    Levina and Bickel (2004) for the dimension of a neighbourhood; Barz and Denzler (2020) for near duplicates in CIFAR.
    """
    count = len(content)
    first, second, severity = near_pairs(near, content, split, pictures, recordings, texts, apart)
    group = linked(first, second, count)
    kept, several = kept_of(group, split)
    flagged = several & (kept[group] != np.arange(count))
    rows, others = np.concatenate([first, second]), np.concatenate([second, first])
    other, bad = worst_pair(rows, others, np.concatenate([severity, severity]), count)
    sides, _ = codes(split)
    labels, _ = codes(label)
    about = []
    if len(first):
        across, differing = int((sides[first] != sides[second]).sum()), int((labels[first] != labels[second]).sum())
        pairs = f"{len(first):,} pair{'s' * (len(first) > 1)}"
        about.append(f"{pairs}: {across:,} lie in two splits, {differing:,} under two labels")
    return flag(flagged, bad, lambda row: f"nearly {named(id, path, label, split, int(other[row]))}", about=about)
