"""The rows of a JSON-lines file: one object per line, in chunks of bounded size."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from trainset.formats import _json
from trainset.formats._batch import ROWS
from trainset.formats._chunk import CHARACTERS, Chunk, Fault
from trainset.formats._columns import MOST_COLUMNS, shown
from trainset.formats._lines import Lines, NotATable
from trainset.model import Outcome

_KINDS = {dict: "an object", list: "a list", str: "a string", int: "a number", float: "a number", bool: "a truth value"}


class _Bad(str):
    """Why a line is no JSON, in the place of its value."""


class JsonRows:
    """columns: the keys seen so far. remarks: about the file. Raises `NotATable` for a JSON document that is no lines."""

    def __init__(self, path: Path, *, encoding: str = "") -> None:
        self._path, self._encoding = path, encoding
        self._keys: dict[str, None] = {}
        self._used: Mapping[str, str] = {}
        self._refuse_documents()
        self._lines = Lines(path, encoding, setting="jsonl.encoding")
        next(self.chunks(), None)

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys in the order in which they come."""
        return tuple(self._keys)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be said of the file as a whole; complete after one pass."""
        return self._lines.remarks

    def use(self, mapped: Mapping[str, str]) -> None:
        """Says which columns (ours -> theirs) must be texts."""
        self._used = mapped

    def chunks(self) -> Iterator[Chunk]:
        """The rows. Two passes give the same."""
        self._lines = Lines(self._path, self._encoding, setting="jsonl.encoding")
        chunk, places, characters = Chunk(1), array("q"), 0
        for place, line in enumerate(self._lines, 1):
            if line.isspace():
                chunk.blank += 1
                continue
            try:
                row, remarks = _json.loads(line)
            except _json.BadJson as error:
                row, remarks = _Bad(f"is no JSON: {error}: {shown(line.strip())}"), []
            if remarks:
                chunk.remarks[chunk.first + len(places)] = remarks
            chunk.rows.append(row)
            places.append(place)
            characters += len(line)
            if len(places) >= ROWS or characters > CHARACTERS:
                yield self._checked(chunk, places)
                chunk, places, characters = Chunk(chunk.end), array("q"), 0
        yield self._checked(chunk, places)

    def values(self, chunk: Chunk, column: str) -> list[str | None]:
        """The texts of a column that `use` named; None where a row has none."""
        return [row.get(column) for row in chunk.rows]

    def meta(self, chunk: Chunk, fields: Mapping[str, str]) -> pa.Array | None:
        """One JSON object per row, of the columns `fields` (theirs -> metadata field), values as they are; null for none."""
        if not fields:
            return None
        meta = [{fields[key]: value for key, value in row.items() if key in fields} for row in chunk.rows]
        return pa.array([_json.dumps(values) if values else None for values in meta], pa.string())

    def _checked(self, chunk: Chunk, places: array[int]) -> Chunk:
        """The chunk without the rows that cannot be read. `places`: the line of each row."""
        if not self._is_plain(chunk.rows):
            rows, chunk.rows = chunk.rows, []
            for number, (row, place) in enumerate(zip(rows, places, strict=True), chunk.first):
                if why := self._fault(row, chunk):
                    chunk.faults.append(Fault(number, f"(line {place:,}) {why}"))
                else:
                    chunk.rows.append(row)
        if set().union(*chunk.rows) - self._keys.keys():
            for row in chunk.rows:
                self._keys.update(dict.fromkeys(row))
        if len(self._keys) > MOST_COLUMNS:
            raise NotATable(
                Outcome.TOO_LARGE, f"the rows have more than {MOST_COLUMNS:,} different keys, which is the limit"
            )
        return chunk

    def _is_plain(self, rows: list[Any]) -> bool:
        """Whether all rows are objects whose used columns are texts: the usual case, told quickly."""
        if not set(map(type, rows)) <= {dict}:
            return False
        for theirs in self._used.values():
            values = [row.get(theirs) for row in rows]
            if not set(map(type, values)) <= {str, type(None)} or "\0" in "".join(filter(None, values)):
                return False
        return True

    def _fault(self, row: Any, chunk: Chunk) -> str:
        """What is wrong with a row, empty when nothing is. Makes texts of labels that are numbers."""
        if isinstance(row, _Bad):
            return str(row)
        if type(row) is not dict:
            return f'is {_KINDS.get(type(row), "null")}, expected an object like {{"text": …, "label": …}}'
        for ours, theirs in self._used.items():
            value = row.get(theirs)
            if type(value) is str or value is None:
                if value and "\0" in value and ours not in ("text", "path"):
                    return f"has a NUL character in {shown(theirs)}: {shown(value)}"
            elif type(value) in (dict, list) or ours in ("text", "path"):
                return f"has {_KINDS[type(value)]} as {shown(theirs)}, expected a string: {shown(_json.dumps(value))}"
            else:
                row[theirs] = _json.dumps(value)
                chunk.converted += ours == "label"
        return ""

    def _refuse_documents(self) -> None:
        """A list, or an object over several lines, is JSON but no JSON lines."""
        advice = 'write one object per line, like {"text": "…", "label": "…"}, into a .jsonl file'
        lines = (line for line in Lines(self._path, self._encoding, setting="jsonl.encoding") if not line.isspace())
        first = next(lines, "").strip()
        if not first:
            raise NotATable(Outcome.EMPTY, "this file has nothing but blank lines")
        if first.startswith("["):
            raise NotATable(Outcome.UNSUPPORTED, f"this is one JSON list, expected JSON lines: {advice}")
        if self._path.suffix.lower() == ".json" or first == "{":
            try:
                _json.loads(first)
            except _json.BadJson:
                raise NotATable(
                    Outcome.UNSUPPORTED, f"this is one JSON document, expected JSON lines: {advice}"
                ) from None
