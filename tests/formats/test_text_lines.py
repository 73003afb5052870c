"""Plain lists of texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats.outcomes import read_text
from trainset.model import Outcome


def test_every_line_is_a_text_and_its_row_is_its_line(tmp_path: Path) -> None:
    found = read_text(tmp_path, "a.txt", "one\r\n\n  two, \ttoo \n \nthree")
    assert found.column("text") == ["one", "  two, \ttoo ", "three"]
    assert found.column("row") == [1, 3, 5]
    assert found.column("label") == [None] * 3
    assert found.remarks == ("2 blank lines skipped",)


def test_many_lines_come_in_batches(tmp_path: Path) -> None:
    found = read_text(tmp_path, "a.md", "".join(f"line {n}\n" for n in range(25_000)))
    assert (len(found.samples), found.batches) == (25_000, 3)


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0\0", b"a\0b\n", "naïve\n".encode("latin-1")])
def test_what_is_no_text_is_unreadable(tmp_path: Path, content: bytes) -> None:
    found = read_text(tmp_path, "a.txt", content)
    assert (found.outcome, found.samples) == (Outcome.UNREADABLE, [])


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    assert "--set text_lines.encoding=cp1252" in read_text(tmp_path, "a.txt", "naïve café\n".encode("cp1252")).reason
    assert read_text(tmp_path, "b.txt", "naïve café\n".encode("cp1252"), encoding="cp1252").column("text") == [
        "naïve café"
    ]
