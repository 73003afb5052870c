"""The rows of a CSV or TSV file: strict about quotes and field counts, in chunks of bounded size."""

from __future__ import annotations

import csv
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from trainset.errors import BadValue
from trainset.formats import _json
from trainset.formats._batch import ROWS
from trainset.formats._chunk import CELLS, CHARACTERS, Chunk, Fault
from trainset.formats._columns import MOST_COLUMNS, listed, shown
from trainset.formats._lines import LONGEST, Lines, NotATable
from trainset.model import Outcome

_DELIMITERS = {"\\t": "\t", "tab": "\t"}
_NAMES = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}
_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTROL = "[\\x00-\\x1f]"


class CsvRows:
    """columns: the names in the header. remarks: about the file. Raises `NotATable` when there is no header to read."""

    def __init__(self, path: Path, *, encoding: str = "", delimiter: str = "") -> None:
        self._path, self._encoding = path, encoding
        self._delimiter = _DELIMITERS.get(delimiter, delimiter) or ("\t" if path.suffix.lower() == ".tsv" else ",")
        if len(self._delimiter) != 1 or self._delimiter in '"\r\n':
            raise BadValue("a delimiter is one character", expected=", ; | or tab", got=repr(delimiter))
        self._used: Mapping[str, str] = {}
        self._lines = Lines(path, encoding)
        with _long_fields():
            header = _Pass(self._lines, self._delimiter).header
        self.columns, self._names_given = _named(header, self._delimiter)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be said of the file as a whole; complete after one pass."""
        return (*self._lines.remarks, *self._names_given)

    def use(self, mapped: Mapping[str, str]) -> None:
        """Says which columns (ours -> theirs) are to be checked."""
        self._used = mapped

    def chunks(self) -> Iterator[Chunk]:
        """The rows behind the header. Two passes give the same."""
        with _long_fields():
            rows = _Pass(Lines(self._path, self._encoding), self._delimiter)
        most = max(1, min(ROWS, CELLS // len(self.columns)))
        first, more = 1, True
        while more:
            chunk = Chunk(first)
            with _long_fields():
                more = self._fill(chunk, rows, most)
            first = chunk.end
            yield chunk

    def values(self, chunk: Chunk, column: str) -> list[str | None]:
        """The cells of a column, exactly as they are."""
        place = self.columns.index(column)
        return [row[place] for row in chunk.rows]

    def meta(self, chunk: Chunk, fields: Mapping[str, str]) -> pa.Array | None:
        """One JSON object per row, of the columns `fields` (theirs -> metadata field); all values are strings."""
        if not fields or not chunk.rows:
            return None
        cells = list(zip(*chunk.rows, strict=True))
        pieces, before = [], "{"
        for place, column in enumerate(self.columns):
            if column in fields:
                pieces += [f'{before}{_json.dumps(fields[column])}:"', _escaped(cells[place])]
                before = '",'
        return pc.binary_join_element_wise(*pieces, '"}', "")

    def _fill(self, chunk: Chunk, source: _Pass, most: int) -> bool:
        """Adds rows to `chunk` until it is full; whether there may be more."""
        reader, lines, rows, width = source.reader, source.lines, chunk.rows, len(self.columns)
        limit = lines.characters + CHARACTERS
        while True:
            try:
                for row in reader:
                    if len(row) == width and not lines.has_nul:
                        rows.append(row)
                    elif (width > 1 and _is_blank(row)) or not row:
                        chunk.blank += 1
                    elif why := self._fault(row, reader.line_num):
                        chunk.faults.append(Fault(chunk.end, why))
                    else:
                        rows.append(row)
                    source.done = reader.line_num
                    if chunk.size >= most or lines.characters > limit:
                        return True
            except csv.Error as error:
                line = source.done + 1
                chunk.faults.append(Fault(chunk.end, f"(line {line:,}) {_why(error)}"))
                source.done = reader.line_num
            else:
                return False

    def _fault(self, row: Sequence[str], line: int) -> str:
        """What is wrong with a row that ends in `line`; empty when nothing is."""
        line -= sum(len(_LINE_END.findall(cell)) for cell in row)
        if len(row) != len(self.columns):
            more = (
                "quote a text that holds the delimiter" if len(row) > len(self.columns) else "fill in what is missing"
            )
            fields = f"{len(row):,} field{'s' * (len(row) != 1)}"
            return (
                f"(line {line:,}) has {fields}, the header has {len(self.columns):,} ({listed(self.columns, 5)}): "
                f"{shown(self._delimiter.join(row))}; {more}"
            )
        path = self._used.get("path")
        for column, cell in zip(self.columns, row, strict=True):
            if "\0" in cell and column != path:  # a path with a NUL is the import's to call unsafe
                return f"(line {line:,}) has a NUL character in {shown(column)}: {shown(cell)}"
        return ""


class _Pass:
    """One pass over the file, standing behind the header. done: the line in which the last complete row ends."""

    def __init__(self, lines: Lines, delimiter: str) -> None:
        self.lines, self.done = lines, 0
        self.reader = csv.reader(self._bounded(), strict=True, delimiter=delimiter)
        try:
            self.header = next((row for row in self.reader if not _is_blank(row)), [])
        except csv.Error as error:
            raise NotATable(Outcome.UNREADABLE, f"the header (line {self.reader.line_num}) {_why(error)}") from None
        if not self.header:
            raise NotATable(Outcome.EMPTY, "this file has nothing but blank lines")
        self.done = self.reader.line_num

    def _bounded(self) -> Iterator[str]:
        """The lines, as long as no single row goes on for more than `LONGEST` characters."""
        number = pending = 0
        for block in self.lines.blocks():
            yield from block
            pending = 0 if self.done > number else pending + sum(map(len, block))
            number += len(block)
            if pending > LONGEST:
                raise NotATable(
                    Outcome.TOO_LARGE,
                    f"the row that begins in line {self.done + 1:,} is longer than {LONGEST:,} characters, which is the limit: "
                    "perhaps a quote in it is never closed",
                )


def _named(header: list[str], delimiter: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns' names, each one once, and what was done to them."""
    if len(header) > MOST_COLUMNS:
        raise NotATable(Outcome.TOO_LARGE, f"the header has {len(header):,} columns, the limit is {MOST_COLUMNS:,}")
    if len(header) == 1:
        for other, name in _NAMES.items():
            if other != delimiter and other in header[0]:
                given = "tab" if other == "\t" else f"'{other}'"
                raise NotATable(
                    Outcome.UNREADABLE,
                    f"the header is one column, {shown(header[0])}, expected columns separated by {_NAMES.get(delimiter, delimiter)}: "
                    f"it looks separated by {name}; pass --set csv.delimiter={given}",
                )
    names = [name if name.strip() else f"column {place}" for place, name in enumerate(header, 1)]
    twice = [name for name, times in Counter(name.strip() for name in names).items() if times > 1]
    if twice:
        raise NotATable(
            Outcome.UNREADABLE,
            f"the header has {listed(twice, 5)} more than once, expected each name once ({listed(names)}): rename one of them",
        )
    unnamed = [name for name, given in zip(names, header, strict=True) if name != given]
    return tuple(names), (f"columns without a name are called {listed(unnamed, 5)}",) if unnamed else ()


def _is_blank(row: Sequence[str]) -> bool:
    return not row or (len(row) == 1 and not row[0].strip())


def _why(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "opens a quote that is never closed: the rest of the file is one field"
    if "expected after" in text:
        return "has something between a closing quote and the next delimiter: double the quotes inside a quoted text"
    return f"is no CSV: {text}"


def _escaped(cells: Sequence[str]) -> pa.Array:
    """The cells as they stand between the quotes of a JSON string."""
    column = pa.array(cells, pa.string())
    if pc.any(pc.match_substring_regex(column, _CONTROL)).as_py():
        return pa.array([_json.dumps(cell)[1:-1] for cell in cells], pa.string())
    return pc.replace_substring(pc.replace_substring(column, "\\", "\\\\"), '"', '\\"')


_LIMIT = threading.Lock()


@contextmanager
def _long_fields() -> Iterator[None]:
    """The csv module's limit, which is the whole process's, raised for the moment."""
    with _LIMIT:
        before = csv.field_size_limit()
        csv.field_size_limit(max(before, 2 * LONGEST))  # `_bounded` stops before that
        try:
            yield
        finally:
            csv.field_size_limit(before)
