"""Boilerplate."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.checks._flagged import flag
from trainset.checks._groups import codes
from trainset.contracts import Findings, check


@check("Boilerplate", medium="text", matters=1)
def boilerplate(text: pa.Array, *, least_letters: int = 40, least_texts: int = 5) -> Findings:
    """Long lines that many texts share, such as signatures and disclaimers.

    ## Why it matters
    A disclaimer that one class carries is the best feature of all, and is gone in use.

    ## What to do
    Cut the shared lines away in all texts.
    """
    count = len(text)
    lines = pc.split_pattern(pc.fill_null(text, ""), "\n")
    owner = np.repeat(np.arange(count), np.diff(lines.offsets.to_numpy()))
    plain = pc.utf8_trim_whitespace(lines.values)
    several = np.bincount(owner, minlength=count)[owner] > 1  # a text of one line is a duplicate, and another check's
    keep = pc.greater_equal(pc.utf8_length(plain), least_letters).to_numpy(zero_copy_only=False) & several
    group, names = codes(plain.filter(pa.array(keep)))
    pairs = np.unique(np.stack([group, owner[keep]]), axis=1) if len(group) else np.empty((2, 0), np.int64)
    often = (
        np.bincount(pairs[0], minlength=len(names)) >= max(least_texts, 0.005 * count)
        if len(names)
        else np.zeros(0, bool)
    )
    shared = {int(row): names[int(line)] for line, row in pairs.T if often[line]}
    flagged = np.zeros(count, bool)
    flagged[list(shared)] = True
    return flag(flagged, np.full(count, 0.5), lambda row: f"shares the line {shared[row][:60]!r} with many")
