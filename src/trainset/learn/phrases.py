"""How likely a text is in a language that is known only from the other texts of its set: copies are told from turns of phrase.

A model of three words in a row, backed off to two and to one (Witten and Bell 1991, with half their weight for what is new). Counts
lie in tables addressed by hashes: two phrases that share a place make one of them a little likelier than it is.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

_WORDS, _MOST = 22, 25
"""Bits of the places for words; at most, of those for pairs and triples of them."""
_NEW = 0.5
_BEGIN, _END = 1, 2
_MIX = np.uint64(0x9E3779B97F4A7C15)

Text = Sequence[str]


class Phrases:
    """Counts of words and of two and three words in a row. texts: about how many will be added, for the size of the tables.

    Attributes: `texts` and `total`, how many texts and words were added; `words`, how many different ones.
    """

    def __init__(self, texts: int) -> None:
        bits = min(_MOST, max(12, (16 * texts).bit_length() + 4))
        self._shift = np.uint64(64 - bits)
        self.texts = self.words = self.total = 0
        self._one, self._after_one = (np.zeros(1 << _WORDS, np.uint32) for _ in range(2))
        self._two, self._after_two, self._three = (np.zeros(1 << bits, np.uint32) for _ in range(3))
        self._begin = int(self._pairs(np.array([_BEGIN]), np.array([_BEGIN]))[0])

    def add(self, texts: Sequence[Text]) -> None:
        """Counts texts, each given as its words."""
        if not texts:
            return
        one, two, three, context, pair = self._places(texts)
        self.texts += len(texts)
        self.total += len(one)
        self.words += len(_new(self._one, one))
        _count(self._one, one)
        self._one[_BEGIN] += len(texts)
        self._two[self._begin] += len(texts)
        new_two, new_three = _new(self._two, two), _new(self._three, three)
        np.add.at(self._after_one, context[new_two], 1)
        np.add.at(self._after_two, pair[new_three], 1)
        _count(self._two, two)
        _count(self._three, three)

    def improbability(self, text: Text, without: Iterable[Text] = ()) -> float:
        """The negative natural logarithm of the chance of this very text, 0 or more; `without` are texts that were added and do not
        count."""
        left = Counter[tuple[int, int]]()
        for other in without:
            one, two, three, _, _ = (some.tolist() for some in self._places([other]))
            left.update((1, place) for place in (*one, _BEGIN))
            left.update((2, place) for place in (*two, self._begin))
            left.update((3, place) for place in three)
        spread = 0.5 * max(1, self.words)
        result = 0.0
        for one, two, three, context, pair in zip(*(some.tolist() for some in self._places([text])), strict=True):
            chance = (max(0, int(self._one[one]) - left[1, one]) + 0.5) / (self.total + spread)
            new = _NEW * max(1, int(self._after_one[context]))
            chance = (max(0, int(self._two[two]) - left[2, two]) + new * chance) / (
                max(0, int(self._one[context]) - left[1, context]) + new
            )
            new = _NEW * max(1, int(self._after_two[pair]))
            chance = (max(0, int(self._three[three]) - left[3, three]) + new * chance) / (
                max(0, int(self._two[pair]) - left[2, pair]) + new
            )
            result -= math.log(min(1.0, chance))
        return result

    def _places(self, texts: Sequence[Text]) -> tuple[NDArray[np.int64], ...]:
        """Of every word and the end of each text: the places of it, of it with one and with two words before, and of those alone."""
        rows: list[int] = []
        here: list[int] = []
        for words in texts:
            here.extend(range(len(rows) + 2, len(rows) + len(words) + 3))
            rows += (_BEGIN, _BEGIN)
            rows += [zlib.crc32(word.encode("utf-8", "surrogatepass")) % ((1 << _WORDS) - 3) + 3 for word in words]
            rows.append(_END)
        every, at = np.array(rows, np.int64), np.array(here, np.int64)
        first, second, third = every[at - 2], every[at - 1], every[at]
        pair = self._pairs(first, second)
        return third, self._pairs(second, third), self._pairs(pair + (1 << _MOST), third), second, pair

    def _pairs(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
        mixed = (first.astype(np.uint64) * _MIX + second.astype(np.uint64)) * _MIX
        places: NDArray[np.int64] = ((mixed ^ (mixed >> np.uint64(29))) * _MIX >> self._shift).astype(np.int64)
        return places


def _count(table: NDArray[np.uint32], places: NDArray[np.int64]) -> None:
    values, counts = np.unique(places, return_counts=True)
    table[values] += counts.astype(np.uint32)


def _new(table: NDArray[np.uint32], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where among them a place comes for the first time ever."""
    values, first = np.unique(places, return_index=True)
    fresh: NDArray[np.int64] = first[table[values] == 0]
    return fresh


def chance_of_copy(phrases: Phrases, one: Text, other: Text, changed: float, family: Iterable[Text] = ()) -> float:
    """How many texts of the set would be as like another one by chance as these two are, 0 or more: near 0 they are copies.

    Compares two ways of writing the less likely of both: anew, with the chance of `improbability`, or by changing `changed` words of
    the other one, any word into any. family: further texts that may be copies of them, and so do not count either.
    """
    without = [one, other, *family]
    least = max(phrases.improbability(one, without), phrases.improbability(other, without))
    choices = changed * (math.log(max(len(one), len(other), 1)) + math.log(max(2, phrases.words)))
    return math.exp(min(700.0, choices + math.log(max(1, phrases.texts)) - least))
