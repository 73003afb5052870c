from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pytest

from trainset.media.limits import Limits
from trainset.media.text import decode_text, text_remarks
from trainset.media.undecodable import Undecodable
from trainset.model import Outcome


def outcome_of(data: bytes, limits: Limits | None = None) -> Outcome:
    with pytest.raises(Undecodable) as refused:
        decode_text(data, limits or Limits())
    return refused.value.outcome


def remarks_on(text: str) -> tuple[str, ...]:
    return text_remarks(pa.array([text]))[0]


def test_utf8_is_read_with_and_without_its_mark() -> None:
    for mark in (b"", b"\xef\xbb\xbf"):
        text = decode_text(mark + "Grüße, 日本".encode())
        assert (text.text, text.remarks, text.facts["characters"]) == ("Grüße, 日本", (), 9)


@pytest.mark.parametrize("name", ["utf-16", "utf-32"])
def test_wider_unicode_is_read_by_its_mark(name: str) -> None:
    text = decode_text("Grüße".encode(name))
    assert (text.text, text.remarks) == ("Grüße", (f"not UTF-8: read as {name.upper()}",))


def test_other_encodings_are_guessed_with_a_remark() -> None:
    text = decode_text("Die Überweisung wurde für das Café abgelehnt, schöne Grüße.".encode("cp1252"))
    assert text.text.startswith("Die Überweisung")
    assert text.remarks == ("not UTF-8: read as cp1252",)


def test_a_text_cut_inside_a_character_loses_only_that() -> None:
    text = decode_text("ein Gruß".encode()[:-1])
    assert text.text == "ein Gru"
    assert text.remarks[0].startswith("partly decoded")


@pytest.mark.parametrize("data", [b"a\0b", b"\xff\xfeab\xd8", bytes(range(256)) * 4, b"\x81\x00\x01\x02" * 50])
def test_bytes_that_are_no_text_are_unreadable(data: bytes) -> None:
    assert outcome_of(data) is Outcome.UNREADABLE


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\xef\xbb\xbf"])
def test_nothing_but_white_space_is_empty(data: bytes) -> None:
    assert outcome_of(data) is Outcome.EMPTY


def test_a_text_over_the_limit_is_too_large() -> None:
    assert outcome_of(b"abcdef", Limits(characters=5)) is Outcome.TOO_LARGE
    assert decode_text("äöüäö".encode(), Limits(characters=5)).text == "äöüäö"


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("a\x07b", "control characters"),
        ("\x1b[31mred", "control characters"),
        ("a\x9bb", "control characters"),
        ("zero\u200bwidth", "invisible characters"),
        ("soft\u00adhyphen", "invisible characters"),
        ("tcer\u202eid", "invisible characters"),
        ("caf\ufffd", "replacement characters: letters were lost before"),
        ("cafÃ©", "twice encoded"),
        ("donâ€™t", "twice encoded"),
        ("5Â°", "twice encoded"),
        ("Ãœber", "twice encoded"),
        ("20 â‚¬", "twice encoded"),
        ("<script>alert(1)</script>", "markup"),
        ("salt &amp; pepper", "markup"),
        ("&#8217;", "markup"),
        ('=HYPERLINK("x")', "begins like a spreadsheet formula"),
        ("+1", "begins like a spreadsheet formula"),
        ("-1", "begins like a spreadsheet formula"),
        ("@SUM(A1)", "begins like a spreadsheet formula"),
        ("\tx", "begins like a spreadsheet formula"),
        ("NaN", "a word that some readers take for missing"),
        (" null ", "a word that some readers take for missing"),
        ("   ", "white space only"),
        ("", "white space only"),
    ],
)
def test_a_strange_text_is_remarked(text: str, remark: str) -> None:
    assert remarks_on(text) == (remark,)


@pytest.mark.parametrize(
    "text",
    ["plain", "two\nlines\tand a tab", "a < b and b > c", "AT&T; R&D", "IRMÃ”", "„Ä“", "Ångström", "São João", "è vero",
     "@anna hello", "- a list", "a = b", "nan bread", "Nantes", "naïve café – “quoted”", "日本語", "👍🏽 family 👨‍👩‍👧", "Â", "x&y=1"],
)  # fmt: skip
def test_an_ordinary_text_is_not_remarked(text: str) -> None:
    assert remarks_on(text) == ()


def test_one_text_can_have_several_remarks_and_null_has_none() -> None:
    found = text_remarks(pa.chunked_array([["fine", None], ["<b>\x07</b>\u200b"]]))
    assert found == [(), (), ("control characters", "invisible characters", "markup")]


def test_no_texts_have_no_remarks() -> None:
    assert text_remarks(pa.array([], pa.string())) == []


REAL = [("text_banking77/train.csv", 0.01), ("text_clinc150/clinc150.csv", 0.01), ("text_sms_spam/sms_spam.csv", 0.08)]


@pytest.mark.parametrize(("path", "share"), REAL)
def test_real_texts_are_rarely_remarked(data_folder: Path, path: str, share: float) -> None:
    with (data_folder / path).open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert sum(map(bool, text_remarks(pa.array(texts)))) <= share * len(texts)
