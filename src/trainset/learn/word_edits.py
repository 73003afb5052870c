"""Texts compared word by word, whatever their case and punctuation."""

from __future__ import annotations

import re
from collections.abc import Sequence

SHORTEST = 8
"""Words from which on one changed word still leaves a copy, and for each further eight another one."""
_MOVED = 2
"""What a word added or left out costs, in changed words: short questions differ in one more often than copies do."""

_PUNCTUATION = re.compile(r"[^\w\s]+")


def words(text: str) -> tuple[str, ...]:
    """What stands between blanks in a text, case folded, without punctuation: `isn't` is one word, and `isnt` the same."""
    return tuple(_PUNCTUATION.sub("", text.casefold()).split())


def letters(words: Sequence[str]) -> str:
    """The words without the blanks between them: `to-do list` and `to do list` are alike."""
    return "".join(words)


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


def differing(one: Sequence[str], other: Sequence[str]) -> int | None:
    """How many words differ, 0 when all letters are the same (a word added or left out counts twice); None when they are no copies of
    one another: without words, or beyond one in eight."""
    if letters(one) == letters(other):
        return 0 if one else None
    most = max(len(one), len(other)) // SHORTEST
    changed = edits(one, other, most) if most else 1
    return changed if changed <= most else None
