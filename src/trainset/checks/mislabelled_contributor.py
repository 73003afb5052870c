"""Contributors and batches whose labels of a class are wrong together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from trainset.checks._flagged import flag
from trainset.checks._groups import codes as numbered
from trainset.checks._quoted import quoted
from trainset.contracts import Findings, Said, check
from trainset.learn.mislabelled_groups import mislabelled_groups


@check("A contributor or batch mislabelled throughout", matters=3, version=3)
def mislabelled_contributor(
    said: Said, contributor: pa.Array, meta: Mapping[str, pa.Array], *, chance: float = 0.01
) -> Findings:
    """Contributors, or batches that a field of metadata names, many of whose samples of one class look like another class, of which they have fewer or
    none: one mistake, made many times.

    `chance`: how likely so many would be if they were as usual, at most, corrected for how many were looked at. Only a run that held them
    out can tell (`trainset train --groups contributor`, `--groups meta.batch`): a head that saw the mistake elsewhere takes it for right.

    ## Why it matters
    One misunderstanding can spoil a whole class, and no single sample of it stands out.

    ## What to do
    Look at them together; relabel by filter (`contributor = '...' and label = '...'`) when it is one mistake. When it is none, this is a
    contributor or batch whom the model does not understand without having met them.
    """
    count, known = len(said.codes), np.flatnonzero(said.known)
    flagged, severity = np.zeros(count, bool), np.zeros(count)
    why: dict[int, str] = {}
    predicted = said.probabilities[known].argmax(axis=1)
    named = {field: numbered(column) for field, column in (("", contributor), *meta.items())}
    apart = {field: one for field, one in named.items() if _held_out_apart(one[0][known], said.groups[known])}
    for field, (who, names) in apart.items():
        groups, most = who[known], chance / len(apart)
        for found in mislabelled_groups(said.probabilities[known], said.codes[known], groups, most=most):
            mine = known[(groups == found.group) & (said.codes[known] == found.given) & (predicted != found.given)]
            mine = mine[~flagged[mine]]
            flagged[mine], severity[mine] = True, found.wrong / max(found.samples, 1)
            whose = f"{field} {quoted(names[found.group])}" if field else quoted(names[found.group])
            for row in mine.tolist():
                why[row] = (
                    f"{whose} has {found.wrong:,} of {found.samples:,} {quoted(said.classes[found.given])} that look like "
                    f"another class, most like {quoted(said.classes[found.suggested])}; usual are {found.usual:.0%}"
                )
    return flag(flagged, severity, lambda row: why[row])


def _held_out_apart(groups: np.ndarray, held_out: np.ndarray) -> bool:
    """Whether no contributor's samples were in two groups of what was held out together, and some have several samples."""
    if len(np.unique(groups[groups >= 0])) in (0, np.count_nonzero(groups >= 0)):
        return False  # a name of each sample's own
    pairs = np.unique(np.stack([groups, held_out], axis=1)[groups >= 0], axis=0)
    return len(pairs) > 0 and len(np.unique(pairs[:, 0])) == len(pairs)
