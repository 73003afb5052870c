"""Texts word by word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainset.learn.word_edits import differing, edits, letters, words

EIGHT = words("one two three four five six seven eight")


@pytest.mark.parametrize(
    ("other", "changed"),
    [
        ("ONE, two -- three four: five (six) seven eight!!!", 0),
        ("one two three four five six seven NINE", 1),
        ("nine two three four five six seven eight", 1),
        ("one two three four five six nine ten", None),
        ("one two three four five six seven", None),  # a word left out counts twice
        ("", None),
    ],
)
def test_eight_words_are_a_copy_when_one_is_another(other: str, changed: int | None) -> None:
    assert differing(EIGHT, words(other)) == changed
    assert differing(words(other), EIGHT) == changed


def test_of_sixteen_words_one_may_be_missing_and_of_seven_none_may_change() -> None:
    sixteen = words(" ".join(str(number) for number in range(16)))
    assert differing(sixteen, sixteen[:4] + sixteen[5:]) == 2
    assert differing(EIGHT[:7], (*EIGHT[:6], "nine")) is None
    assert differing((), ()) is None


def test_words_stand_between_blanks_in_any_script() -> None:
    assert words("Straße — ÉTÉ 日本語, don't top-up!") == ("strasse", "été", "日本語", "dont", "topup")
    assert letters(words("to-do list")) == letters(words("To do, list!"))
    assert differing(words("my to-do list"), words("my to do list")) == 0


@given(st.lists(st.sampled_from("abc"), max_size=9), st.lists(st.sampled_from("abc"), max_size=9), st.integers(0, 4))
def test_edits_are_those_of_the_whole_table_up_to_the_limit(one: list[str], other: list[str], most: int) -> None:
    table = [[2 * (i + j) if not i or not j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            table[i][j] = min(
                table[i - 1][j] + 2, table[i][j - 1] + 2, table[i - 1][j - 1] + (one[i - 1] != other[j - 1])
            )
    assert edits(one, other, most) == min(table[-1][-1], most + 1)
