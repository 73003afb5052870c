"""A language is named with the evidence for it: a foreign name in a sentence is no foreign sentence."""

from __future__ import annotations

import pytest

from trainset.learn import languages

ENGLISH = ("en", "pcm")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Spiel bitte das nächste Lied von meiner Liste", "de"),
        ("Joue la prochaine chanson de ma liste", "fr"),
        ("Qué significa esta palabra en inglés", "es"),
        ("Ontem perdi a minha carteira no comboio", "pt"),
        ("我的新银行卡什么时候能寄到我家里来请告诉我谢谢", "zh"),
    ],
)
def test_a_sentence_is_of_its_language_throughout(text: str, language: str) -> None:
    assert languages.likeliest(text) == language
    assert languages.lead(text, ENGLISH, language) > 12
    assert languages.throughout(text, language, ENGLISH)


def test_a_foreign_name_does_not_make_a_sentence_foreign_throughout() -> None:
    text = "is it safe to travel to rio de janeiro (is rio de janeiro safe)"
    assert languages.lead(text, ENGLISH, "pt") > 12
    assert not languages.throughout(text, "pt", ENGLISH)


def test_the_lead_is_negative_where_another_is_likelier_and_nothing_speaks_for_an_empty_text() -> None:
    assert languages.lead("where is my new card please", ("en",), "de") < 0
    assert not languages.throughout("", "de", ("en",))


def test_capitals_tell_no_language() -> None:
    assert languages.likeliest("CHEERS SEE YA LATER ALL OF YOU") == "en"
