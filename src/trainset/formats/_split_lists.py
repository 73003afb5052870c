"""The two lists of Speech Commands: which recordings are for validation and which for testing."""

from __future__ import annotations

import codecs
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from trainset.contracts import Outcomes
from trainset.errors import Unsafe
from trainset.formats._columns import shown
from trainset.formats._lines import NotATable
from trainset.model import Outcome
from trainset.store import paths

VALIDATION, TESTING = "validation_list.txt", "testing_list.txt"
LISTS = {TESTING: "test", VALIDATION: "validation"}
"""List -> split. Testing first: what both lists name is kept out of everything but the test."""

_LARGEST = 64 * 2**20  # bytes; the lists of 100,000 recordings have a third of a megabyte each
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass
class Splits:
    """What the lists say. rows: path -> list and row. twice: path -> why it has a remark. rest: the split of what no list
    names; None when a list that may name it cannot be read."""

    found: tuple[str, ...] = ()
    rows: dict[str, tuple[str, int]] = field(default_factory=dict)
    twice: dict[str, str] = field(default_factory=dict)
    rest: str | None = "train"

    def of(self, path: str) -> str | None:
        """The split of a recording."""
        return LISTS[self.rows[path][0]] if path in self.rows else self.rest


def read(source: Path, files: Collection[str], outcomes: Outcomes) -> Splits:
    """Reads the lists that are among the `files` of a folder; they, and the rows that count for nothing, get their outcomes."""
    splits = Splits(tuple(name for name in LISTS if name in files))
    for name in splits.found:
        try:
            blank = 0
            for number, path in _rows(source, name):
                if path:
                    _take(splits, name, number, path, outcomes)
                else:
                    blank += 1
        except NotATable as fault:
            outcomes.file(name, fault.outcome, fault.reason)
            outcomes.remark(f"{name} is not used: {fault.reason}; recordings that no other list names have no split")
            splits.rest = None
        else:
            remarks = (f"{name} has {blank:,} blank line{'s' * (blank > 1)}",) if blank else ()
            outcomes.file(name, Outcome.IGNORED, "a list: what it says of splits is used", remarks)
    return splits


def report_unused(splits: Splits, used: Collection[str], files: Collection[str], outcomes: Outcomes) -> None:
    """The outcomes of rows that name no recording of a class."""
    for path, (name, number) in splits.rows.items():
        if path in used:
            continue
        if path in files:
            outcomes.row(name, number, Outcome.IGNORED, f"{shown(path)} is no recording of a class")
            continue
        outcome, reason = Outcome.UNREADABLE, f"there is no file {shown(path)}"
        try:
            paths.check_relative(path)
        except Unsafe as fault:
            outcome, reason = Outcome.UNSAFE, f"{fault.what}: {shown(path)}"
        outcomes.row(name, number, outcome, reason)


def _take(splits: Splits, name: str, number: int, path: str, outcomes: Outcomes) -> None:
    if path not in splits.rows:
        splits.rows[path] = (name, number)
        return
    other, row = splits.rows[path]
    if other == name:
        reason = f"the list names {shown(path)} twice: the first row counts"
    else:
        reason = f"{other} names {shown(path)} too, in row {row}: it is kept for testing"
        splits.twice[path] = f"in both lists: row {row} of {other}, row {number} of {name}; it is kept for testing"
    outcomes.row(name, number, Outcome.IGNORED, reason)


def _rows(source: Path, name: str) -> Iterator[tuple[int, str]]:
    """The lines of a list, from 1, as paths; a blank line is empty. Names are bytes, as on disk. Raises `NotATable`."""
    try:
        with paths.open_media(source, name) as file:
            data = file.read(_LARGEST + 1)
    except Unsafe as fault:
        raise NotATable(Outcome.UNSAFE, fault.what) from None
    except OSError as error:
        raise NotATable(Outcome.UNREADABLE, f"it cannot be opened: {error.strerror}") from None
    if len(data) > _LARGEST:
        raise NotATable(Outcome.TOO_LARGE, f"it has more than {_LARGEST:,} bytes")
    if data.startswith(_WIDE) or b"\0" in data:
        raise NotATable(Outcome.UNREADABLE, "it holds NUL characters or is UTF-16, expected a path per line in UTF-8")
    lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    if not lines[-1]:
        lines.pop()  # what follows the last line end is no line
    for number, line in enumerate(lines, 1):
        yield number, paths.normal(paths.encode(line.strip()))
