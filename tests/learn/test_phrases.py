"""Copies told from turns of phrase."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainset.learn.phrases import Phrases, chance_of_copy

WORDS = [
    "how",
    "do",
    "i",
    "get",
    "my",
    "new",
    "card",
    "to",
    "work",
    "please",
    "tell",
    "me",
    "what",
    "the",
    "fee",
    "is",
    "for",
    "a",
    "transfer",
    "abroad",
    "today",
]


def counted(texts: list[list[str]], batch: int = 1000) -> Phrases:
    phrases = Phrases(len(texts))
    for start in range(0, len(texts), batch):
        phrases.add(texts[start : start + batch])
    return phrases


def some(count: int, length: int = 10) -> list[list[str]]:
    draw = np.random.default_rng(0)
    return [[str(word) for word in draw.choice(WORDS, length)] for _ in range(count)]


def test_chances_of_all_continuations_sum_to_one_or_less() -> None:
    phrases = counted([["a", "b"], ["a", "c"], ["a", "b", "c"], ["b"]])
    chances = [np.exp(-phrases.improbability(text)) for text in (["a", "b"], ["a", "c"], ["b"], ["a"], ["c"], [])]
    assert all(0 < chance < 1 for chance in chances)
    assert sum(chances) < 1
    assert chances[0] > chances[3]  # seen twice, and never


@given(st.integers(1, 30))
def test_batches_change_nothing(batch: int) -> None:
    texts = some(40)
    whole, parts = counted(texts), counted(texts, batch)
    assert (whole.texts, whole.words, whole.total) == (parts.texts, parts.words, parts.total)
    assert whole.improbability(texts[3]) == pytest.approx(parts.improbability(texts[3]), rel=1e-3)


def test_a_text_that_does_not_count_is_as_if_it_had_not_been_added() -> None:
    texts = some(60)
    odd = ["a", "text", "that", "nobody", "else", "wrote"]
    without, with_it = counted(texts), counted([*texts, odd])
    assert with_it.improbability(odd) < without.improbability(odd)
    assert with_it.improbability(odd, [odd]) == pytest.approx(without.improbability(odd), rel=0.2)


def test_a_phrase_that_many_use_is_no_copy_and_an_odd_sentence_is() -> None:
    usual = [["how", "can", "i", "get", "my", word, "to", "work"] for word in ("card", "phone", "app", "pin") * 60]
    odd = ["yesterday", "evening", "somebody", "withdrew", "forty", "pounds", "near", "victoria", "station"]
    phrases = counted([*usual, *some(100), odd, [*odd[:4], "fifty", *odd[5:]]])
    changed = ["how", "can", "i", "get", "my", "account", "to", "work"]
    assert chance_of_copy(phrases, usual[0], changed, 1) > 1e-5
    assert chance_of_copy(phrases, odd, [*odd[:4], "fifty", *odd[5:]], 1) < 1e-6


def test_texts_without_words_and_odd_characters_are_no_trouble() -> None:
    phrases = counted([[], ["\ud800"], ["x"]])
    assert phrases.improbability([]) > 0
    assert chance_of_copy(phrases, [], ["\ud800"], 1) >= 0
    assert chance_of_copy(Phrases(0), ["a"], ["b"], 1) >= 0
