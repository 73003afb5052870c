"""Samples far from everything."""

from __future__ import annotations

from typing import Any

import numpy as np

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check
from trainset.learn.label_quality import outlier as far_from_all


@check("Far from everything", matters=1)
def outlier(embeddings: Any, *, deviations: float = 4.0, neighbours: int = 10) -> Findings:
    """Samples whose embeddings have no neighbours as near as others have.

    `deviations`: robust standard deviations of the logarithm of the distance, above the median. `neighbours`: which neighbour's distance.

    ## Why it matters
    They are of no class, damaged in a way that no other check knows, or rare: the first two spoil a class, of the third there should be
    more.

    ## What to do
    Look at them: exclude what is of no class, and collect more of what is merely rare.

    ## References
    Ramaswamy, Rastogi and Shim (2000).
    """
    _, distances = embeddings.neighbours(max(1, min(neighbours, len(embeddings) - 1)))
    known = np.flatnonzero(embeddings.known)
    score, far = np.zeros(len(embeddings)), np.zeros(len(embeddings), bool)
    if len(known) > neighbours:
        score[known], far[known] = far_from_all(distances[known], deviations=deviations)
    usual = float(np.median(distances[known, -1])) if len(known) else 0.0
    return flag(far, score, lambda row: f"its neighbours are {distances[row, -1]:.2f} away, usual are {usual:.2f}")
