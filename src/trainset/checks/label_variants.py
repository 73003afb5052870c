"""Spelling variants of labels."""

from __future__ import annotations

import unicodedata
from collections import defaultdict

import numpy as np
import pyarrow as pa

from trainset.checks._flagged import flag
from trainset.checks._groups import codes
from trainset.checks._quoted import quoted
from trainset.contracts import Findings, check


@check("Spelling variants of labels", matters=3)
def label_variants(label: pa.Array) -> Findings:
    """Classes whose names differ only in case, blanks, hyphens, accents or a plural s.

    ## Why it matters
    Two spellings of one class share its samples, and each learns from half of them.

    ## What to do
    Merge them: `trainset classes merge WRONG RIGHT`.
    """
    group, names = codes(label)
    counts = np.bincount(group[group >= 0], minlength=len(names))
    kin: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        kin[_plain(name)].append(number)
    right = {
        number: max(same, key=lambda other: counts[other]) for same in kin.values() if len(same) > 1 for number in same
    }
    wrong = {number: names[best] for number, best in right.items() if number != best}
    flagged = np.isin(group, [*wrong]) if wrong else np.zeros(len(group), bool)
    about = [f"{quoted(names[number])} ({counts[number]:,}) beside {quoted(best)}" for number, best in wrong.items()]
    first = next(iter(wrong.items()), None)
    what = f"trainset classes merge {names[first[0]]!r} {first[1]!r}" if first else ""
    return flag(
        flagged,
        np.full(len(group), 0.8),
        lambda row: f"labelled {quoted(names[group[row]])}, others {quoted(wrong[int(group[row])])}",
        about=about[:20],
        next=what,
    )


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).casefold()
    word = "".join(letter for letter in letters if letter.isalnum())
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word or name
