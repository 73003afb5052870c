"""Samples of which two labels are plausible."""

from __future__ import annotations

import numpy as np

from trainset.checks._flagged import flag
from trainset.checks._quoted import quoted
from trainset.contracts import Findings, Said, check
from trainset.learn.label_quality import ambiguous as two_plausible


@check("Two labels plausible", matters=1)
def ambiguous(said: Said, *, together: float = 0.8, nearly: float = 0.8) -> Findings:
    """Samples that two classes claim about equally, and no other.

    `together`: the probability that the two have at least. `nearly`: the second's at least as a share of the first's.

    ## Why it matters
    People will disagree on them too: they lower every score a little, and no relabelling helps.

    ## What to do
    Look at them side by side. If the border between the two classes is unclear, define it (`trainset classes define`) with them as
    borderline examples; if they show both, exclude them.
    """
    count, known = len(said.codes), np.flatnonzero(said.known)
    score = np.zeros(count, np.float32)
    if len(said.classes) > 2:  # of two classes every unsure sample would be one
        score[known] = two_plausible(said.probabilities[known], least=together, nearly=nearly)

    def because(row: int) -> str:
        one, two = np.argsort(-said.probabilities[row])[:2]
        first, second = said.probabilities[row, one], said.probabilities[row, two]
        return f"{quoted(said.classes[one])} ({first:.0%}) or {quoted(said.classes[two])} ({second:.0%})"

    return flag(score > 0, score, because)
