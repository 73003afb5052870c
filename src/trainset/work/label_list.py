"""A list of samples with a label for each, as a person or a program hands it over: read, and its samples found."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from trainset.errors import BadSource
from trainset.formats._chunk import Rows
from trainset.formats._columns import listed, plain_name
from trainset.formats._csv_rows import CsvRows
from trainset.formats._json_rows import JsonRows
from trainset.formats._lines import NotATable
from trainset.formats._tables import JSON_SUFFIXES
from trainset.store import ids
from trainset.store.filters import in_meta
from trainset.store.query import QueryTable

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "sample": ("id", "sample", "path", "file", "file_name", "text"),
    "label": ("answer", "label", "class", "suggested", "suggested_label", "corrected_label"),
    "why": ("why", "reason", "comment", "note"),
    "reporter": ("reporter", "contributor", "person", "worker"),
    "queue": ("queue",),
}
"""What is read -> the names of columns that it may have, compared without case; the first that a list has is it."""


NAMING = ("path", "source", "text", "meta")
"""The columns by which a list may name a sample, besides its id."""
_OWN = ("id", "key", "uid")
"""Fields of metadata that hold the ids which samples had before they were imported."""


@dataclass(frozen=True)
class Row:
    """One row: its number from 1, which sample it names, and what it says; empty texts where it says nothing."""

    number: int
    sample: str
    label: str
    why: str
    reporter: str
    queue: str


@dataclass(frozen=True)
class LabelList:
    """rows: those that can be read. refused: row number -> why, of the others. columns: what was read from which column."""

    rows: tuple[Row, ...]
    refused: Mapping[int, str]
    columns: Mapping[str, str]


def read(
    path: str | os.PathLike[str], columns: Mapping[str, str] | None = None, needed: Sequence[str] = ("sample", "label")
) -> LabelList:
    """Reads CSV (also with semicolons or tabs), TSV or JSON lines. columns: what is to be read from which column, where its name does not tell.

    Raises `BadSource` when there is no such file or column, or the file cannot be read as a table.
    """
    place = Path(path).expanduser()
    if not place.is_file():
        raise BadSource("there is no such list", where=str(place), expected="a CSV, TSV or JSON lines file")
    try:
        rows: Rows = JsonRows(place) if place.suffix.lower() in JSON_SUFFIXES else _table(place)
        mapped = _mapped(rows.columns, columns or {}, needed, str(place))
        rows.use(mapped)
        found: list[Row] = []
        refused: dict[int, str] = {}
        for chunk in rows.chunks():
            refused.update({fault.row: fault.why for fault in chunk.faults})
            if chunk.rows:
                read = [rows.values(chunk, mapped[name]) if name in mapped else None for name in SYNONYMS]
                cells = ([(cell or "").strip() for cell in some] if some else [""] * len(chunk.rows) for some in read)
                found += [Row(number, *values) for number, *values in zip(chunk.numbers(), *cells, strict=True)]
    except NotATable as fault:
        raise BadSource("this list cannot be read", where=str(place), got=fault.reason) from None
    return LabelList(tuple(found), refused, mapped)


def _table(place: Path) -> CsvRows:
    """A list is mostly one of ours that a spreadsheet has saved, and in half the world that separates columns by semicolons."""
    try:
        return CsvRows(place)
    except NotATable:
        for delimiter in (";", "\t"):
            try:
                found = CsvRows(place, delimiter=delimiter)
            except NotATable:
                continue
            if len(found.columns) > 1:
                return found
        raise


def _mapped(names: Sequence[str], asked: Mapping[str, str], needed: Sequence[str], where: str) -> dict[str, str]:
    plain = {plain_name(name): name for name in reversed(names)}
    found = {}
    for ours, theirs in asked.items():
        if ours not in SYNONYMS:
            raise BadSource("there is no such column to read", expected=", ".join(SYNONYMS), got=ours)
        if plain_name(theirs) not in plain:
            raise BadSource(
                f"there is no column {theirs!r}", where=where, expected=f"one of {listed(names)}", got=theirs
            )
        found[ours] = plain[plain_name(theirs)]
    for ours, synonyms in SYNONYMS.items():
        hit = next((plain[name] for name in synonyms if name in plain and plain[name] not in found.values()), None)
        if ours not in found and hit is not None:
            found[ours] = hit
    for ours in needed:
        if ours not in found:
            raise BadSource(
                f"this list has no column for the {ours}", where=where, expected=" or ".join(SYNONYMS[ours]), got=listed(names),
                next=f"name it with --map {ours}=COLUMN",
            )  # fmt: skip
    return found


def find(table: QueryTable, names: Sequence[str], column: str = "") -> tuple[list[bytes | None], list[str]]:
    """The sample that each name stands for, and why there is none: an id as printed or longer, an id of its own (metadata called `id`, or as the `column`
    that the names are from), a path, or a text.

    table: with the columns `path` and `source`; with `meta` where own ids may name a sample, and with `text` where a text may: white space around texts
    does not count. Shorter beginnings of ids name nothing here: own ids are often numbers, and any number is the beginning of somebody's id.
    """
    ordered = table.run("SELECT id FROM samples ORDER BY id")["id"].to_pylist()
    result: list[bytes | None] = [None] * len(names)
    why = [""] * len(names)
    for place, name in enumerate(names):
        digits = name.lower().replace("-", "")
        if ids.SHOWN <= len(digits) <= 32 and not set(digits) - _DIGITS:
            low, high = (bytes.fromhex(digits.ljust(32, fill)) for fill in "0f")
            first, last = bisect_left(ordered, low), bisect_right(ordered, high)
            if last - first == 1:
                result[place] = ordered[first]
            elif last > first:
                why[place] = f"{name!r} stands for {last - first:,} samples: add digits"
    others = [place for place, found in enumerate(result) if found is None and not why[place]]
    asked = pa.table(
        {"place": pa.array(others, pa.int64()), "name": pa.array([names[place] for place in others], pa.string())}
    )
    ways = [
        "SELECT a.place, s.id FROM asked a JOIN samples s ON s.path = a.name",
        "SELECT a.place, s.id FROM asked a JOIN samples s ON s.source || '/' || s.path = a.name",
    ]
    if "text" in table.columns:
        ways.append("SELECT a.place, s.id FROM asked a JOIN samples s ON trim(s.text, ?) = a.name")
    if "meta" in table.columns:
        ways += [
            f"SELECT a.place, s.id FROM asked a JOIN samples s ON {in_meta(field)} = a.name WHERE a.name != ''"  # noqa: S608  # written as SQL
            for field in dict.fromkeys([*_OWN, *([column] if column else [])])
        ]
    hits = table.run(
        f"SELECT place, min(id) AS id, count(DISTINCT id) AS n FROM ({' UNION ALL '.join(ways)}) GROUP BY place",  # noqa: S608  # our own words
        [_SPACE] if "text" in table.columns else [],
        beside={"asked": asked},
    )
    for place, identifier, count in zip(
        hits["place"].to_pylist(), hits["id"].to_pylist(), hits["n"].to_pylist(), strict=True
    ):
        if count == 1:
            result[place] = identifier
        else:
            why[place] = f"{names[place]!r} names {count:,} samples: put the source's name before a path, or name ids"
    for place in others:
        if result[place] is None and not why[place]:
            why[place] = f"there is no sample {names[place]!r}"
    return result, why


_SPACE = "".join(map(chr, filter(lambda code: chr(code).isspace(), range(0x3001))))
"""What `str.strip` takes away, as the names of a list were read."""
_DIGITS = set("0123456789abcdef")
