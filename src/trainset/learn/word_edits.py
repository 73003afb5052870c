"""Texts compared word by word, whatever their case and punctuation."""

from __future__ import annotations

import re
from collections.abc import Sequence

SHORTEST = 8
"""Words from which on one changed word still leaves a copy, and for each further eight another one."""
_MOVED = 2
"""What a word added or left out costs, in changed words: short questions differ in one more often than copies do."""

_WORD = re.compile(r"\w+")


def words(text: str) -> tuple[str, ...]:
    """The words of a text, case folded, without punctuation."""
    return tuple(_WORD.findall(text.casefold()))


def edits(one: Sequence[str], other: Sequence[str], most: int) -> int:
    """Changed words, and twice the words added or left out, to come from one to the other (weighted, after Levenshtein 1966);
    `most` + 1 when it takes more."""
    if abs(len(one) - len(other)) * _MOVED > most:
        return most + 1
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    before = [column * _MOVED for column in range(len(other) + 1)]
    for row, word in enumerate(one, 1):
        now = [row * _MOVED]
        for column, theirs in enumerate(other, 1):
            now.append(min(before[column] + _MOVED, now[-1] + _MOVED, before[column - 1] + (word != theirs)))
        if min(now) > most:
            return most + 1
        before = now
    return min(before[-1], most + 1)


def differing(one: Sequence[str], other: Sequence[str]) -> float | None:
    """The share of words, 0 to 1/8, in which one differs from the other (a word added or left out counts twice); None when they are
    no copies of one another."""
    longer = max(len(one), len(other))
    if one == other:
        return 0.0 if longer else None
    most = longer // SHORTEST
    changed = edits(one, other, most) if most else 1
    return changed / longer if changed <= most else None
