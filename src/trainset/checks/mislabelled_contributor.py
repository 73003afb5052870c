"""Contributors whose labels of a class are wrong together."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainset.checks._flagged import flag
from trainset.checks._groups import codes as numbered
from trainset.checks._quoted import quoted
from trainset.contracts import Findings, Said, check
from trainset.learn.mislabelled_groups import mislabelled_groups


@check("A contributor mislabelled throughout", matters=3)
def mislabelled_contributor(said: Said, contributor: pa.Array, *, chance: float = 0.01) -> Findings:
    """Contributors many of whose samples of one class look like another class: one mistake, made many times.

    `chance`: how likely so many would be if they were as usual, at most, corrected for how many were looked at. Only a run that held
    contributors out can tell: a head that saw the mistake elsewhere takes it for right.

    ## Why it matters
    One misunderstanding can spoil a whole class, and no single sample of it stands out.

    ## What to do
    Look at them together; relabel by filter (`contributor = '...' and label = '...'`) when it is one mistake.
    """
    count, known = len(said.codes), np.flatnonzero(said.known)
    who, names = numbered(contributor)
    flagged, severity = np.zeros(count, bool), np.zeros(count)
    why: dict[int, str] = {}
    groups = who[known]
    apart = _held_out_apart(groups, said.groups[known])
    for found in mislabelled_groups(said.probabilities[known], said.codes[known], groups, most=chance) if apart else ():
        predicted = said.probabilities[known].argmax(axis=1)
        mine = known[(groups == found.group) & (said.codes[known] == found.given) & (predicted != found.given)]
        flagged[mine], severity[mine] = True, found.wrong / max(found.samples, 1)
        for row in mine.tolist():
            why[row] = (
                f"{quoted(names[found.group])} has {found.wrong:,} of {found.samples:,} {quoted(said.classes[found.given])} that look like "
                f"another class, most like {quoted(said.classes[found.suggested])}; usual are {found.usual:.0%}"
            )
    return flag(flagged, severity, lambda row: why[row])


def _held_out_apart(groups: np.ndarray, held_out: np.ndarray) -> bool:
    """Whether no contributor's samples were in two groups of what was held out together."""
    pairs = np.unique(np.stack([groups, held_out], axis=1)[groups >= 0], axis=0)
    return len(pairs) > 0 and len(np.unique(pairs[:, 0])) == len(pairs)
