"""Tables that list samples, CSV or JSON lines: their columns found, their rows checked, read in bounded memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.contracts import Outcomes
from trainset.formats._batch import candidates
from trainset.formats._chunk import Chunk, Fault, Rows
from trainset.formats._columns import Columns, listed, match
from trainset.formats._csv_rows import CsvRows
from trainset.formats._json_rows import JsonRows
from trainset.formats._labels import class_remarks, label_remarks
from trainset.formats._lines import NotATable
from trainset.model import Outcome
from trainset.store import paths

__all__ = ["JSON_SUFFIXES", "NotATable", "Table", "open_table", "read_list"]

JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")

_MOST_BAD = 0.01
"""Share of bad rows from which on the table as a whole is doubted: so in a small table, any."""
_MOST_LABELS = 10_000
"""Different labels that are looked at together."""
_REPEATED = 0.5
"""Share of rows whose id came before, above which the column is no id."""


@dataclass(frozen=True)
class Table:
    """A table that can be read.

    mapped: our column -> theirs. other: theirs, kept as metadata. rows: all of them, bad ones included.
    remarks: about the file as a whole.
    """

    name: str
    mapped: Mapping[str, str]
    other: tuple[str, ...]
    remarks: tuple[str, ...]
    rows: int
    _reader: Rows = field(repr=False)
    _fields: Mapping[str, str] = field(repr=False)
    _repeated: frozenset[int] = field(repr=False)

    def batches(self, outcomes: Outcomes) -> Iterator[pa.RecordBatch]:
        """The samples, with the columns of `CANDIDATES`; every row that is none has its outcome."""
        seen: dict[str, int] = {}
        for chunk in self._reader.chunks():
            for fault in chunk.faults:
                outcomes.row(self.name, fault.row, Outcome.UNREADABLE, f"row {fault.row:,} {fault.why}")
            if chunk.rows:
                batch = self._batch(chunk, seen, outcomes)
                if batch.num_rows:
                    yield batch

    def _batch(self, chunk: Chunk, seen: dict[str, int], outcomes: Outcomes) -> pa.RecordBatch:
        columns = {ours: self._reader.values(chunk, theirs) for ours, theirs in self.mapped.items()}
        arrays = {ours: pa.array(values, pa.string()) for ours, values in columns.items()}
        numbers, size = chunk.numbers(), len(chunk.rows)
        kind = "path" if "path" in arrays else "text"
        keep = pc.fill_null(pc.invert(_blank(arrays[kind])), False).to_numpy(zero_copy_only=False).copy()
        for place in np.flatnonzero(~keep).tolist():
            outcomes.row(self.name, numbers[place], Outcome.EMPTY, f"row {numbers[place]:,} has no {kind}")
        if self._repeated:
            for place, identifier in enumerate(columns["id"]):
                if identifier and keep[place] and hash(identifier) in self._repeated:
                    first = seen.setdefault(identifier, numbers[place])
                    if first != numbers[place]:
                        keep[place] = False
                        reason = f"id {identifier[:60]!r} is also row {first:,}'s: give each row an id of its own"
                        outcomes.row(self.name, numbers[place], Outcome.UNREADABLE, reason)
        given = {ours: _given(arrays[ours]) for ours in ("label", "split", "contributor", "id") if ours in arrays}
        batch = candidates(
            size,
            path=arrays.get("path"), text=arrays.get("text"), key=given.get("id"), list=pa.repeat(self.name, size), row=numbers,
            label=given.get("label"), split=given.get("split"), contributor=given.get("contributor"),
            meta=self._reader.meta(chunk, self._fields), remarks=_remarks(chunk, numbers, given.get("label")),
        )  # fmt: skip
        return batch if keep.all() else batch.filter(pa.array(keep))


def open_table(
    path: Path,
    name: str,
    *,
    mapping: Mapping[str, str],
    encoding: str = "",
    delimiter: str = "",
    keep_good_rows: bool = False,
) -> Table:
    """Reads the table once, to the end: what it is, and whether it can be trusted. `name` is what its rows are reported under.

    Raises `NotATable` when the file as a whole is bad, `BadSource` when `mapping` names a column that does not exist.
    """
    kind = "jsonl" if path.suffix.lower() in JSON_SUFFIXES else "csv"
    rows: Rows = (
        JsonRows(path, encoding=encoding) if kind == "jsonl" else CsvRows(path, encoding=encoding, delimiter=delimiter)
    )
    columns = match(rows.columns, mapping, name) if rows.columns else Columns({}, {})
    rows.use(columns.mapped)
    survey = _survey(rows, columns.mapped)
    if not survey.rows:
        raise NotATable(Outcome.EMPTY, "this table has a header and no rows")
    if survey.bad > survey.rows * _MOST_BAD and not keep_good_rows:
        first = survey.faults[0]
        others = f" ({survey.bad:,} of {survey.rows:,} rows are bad)" if survey.bad > 1 else ""
        keep = f"repair it, or import the other rows with --set {kind}.keep_good_rows=true"
        raise NotATable(Outcome.UNREADABLE, f"row {first.row:,} {first.why}{others}; {keep}")
    if not columns.mapped:
        raise NotATable(Outcome.UNREADABLE, "not one row of this file can be read")
    columns = match(rows.columns, mapping, name)  # JSON lines may have brought more keys
    mapped, repeated, remarks = (
        dict(columns.mapped),
        survey.repeated(),
        [*rows.remarks, *columns.remarks, *survey.remarks()],
    )
    if len(repeated) and "id" not in mapping and survey.repeats > _REPEATED * survey.identified:
        remarks.append(
            f"column {mapped.pop('id')!r} repeats itself too often to be an id: rows are known by their texts"
        )
        repeated = frozenset()
    fields = columns.meta
    other = tuple(theirs for theirs in fields if theirs not in mapped.values())
    return Table(name, mapped, other, tuple(remarks), survey.rows, rows, fields, repeated)


def read_list(
    source: Path, outcomes: Outcomes, *, mapping: Mapping[str, str], encoding: str, delimiter: str, keep_good_rows: bool
) -> Iterator[pa.RecordBatch]:
    """The samples of a list that is a source by itself; a list that cannot be read is one bad file."""
    name = paths.from_local(source.name)
    try:
        table = open_table(
            source, name, mapping=mapping, encoding=encoding, delimiter=delimiter, keep_good_rows=keep_good_rows
        )
    except NotATable as error:
        outcomes.file(name, error.outcome, error.reason)
        return
    outcomes.file(name, Outcome.IGNORED, "a list: its rows are the samples", table.remarks)
    mapped = ", ".join(f"{ours} = {listed([theirs])}" for ours, theirs in table.mapped.items())
    outcomes.remark(f"columns: {mapped}" + (f"; kept as metadata: {listed(table.other)}" if table.other else ""))
    if table.other and "label" not in {*table.mapped, *mapping}:
        outcomes.remark(
            "no column is called label or class, so samples have no label: --map label=COLUMN says which one it is"
        )
    yield from table.batches(outcomes)


@dataclass
class _Survey:
    """What one pass over the rows tells."""

    rows: int = 0
    bad: int = 0
    blank: int = 0
    converted: int = 0
    identified: int = 0
    repeats: int = 0
    faults: list[Fault] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    hashes: array[int] = field(default_factory=lambda: array("q"))

    def repeated(self) -> frozenset[int]:
        """The hashes of ids that more than one row has, perhaps."""
        self.identified = len(self.hashes)
        unique, counts = np.unique(np.frombuffer(self.hashes, np.int64), return_counts=True)
        self.repeats = self.identified - len(unique)
        return frozenset(unique[counts > 1].tolist())

    def remarks(self) -> list[str]:
        """About the file as a whole, with counts."""
        without_id = self.rows - self.bad - len(self.hashes)
        counted = {
            f"{self.blank:,} blank line{'s' * (self.blank > 1)} skipped": self.blank,
            f"{self.bad:,} of {self.rows:,} rows are bad and left out": self.bad,
            f"{self.converted:,} labels are numbers or truth values: kept as text": self.converted,
            f"rows without an id, known by their texts: {without_id:,}": without_id if self.hashes else 0,
        }
        return [text for text, count in counted.items() if count] + [*class_remarks(self.labels)]


def _survey(rows: Rows, mapped: Mapping[str, str]) -> _Survey:
    survey = _Survey()
    for chunk in rows.chunks():
        survey.rows += chunk.size
        survey.bad += len(chunk.faults)
        survey.blank += chunk.blank
        survey.converted += chunk.converted
        survey.faults += chunk.faults[: 1 - len(survey.faults)]
        if "label" in mapped and len(survey.labels) < _MOST_LABELS:
            survey.labels.update(filter(None, rows.values(chunk, mapped["label"])))
        if "id" in mapped:
            survey.hashes.extend(
                hash(value) for value in rows.values(chunk, mapped["id"]) if value and not value.isspace()
            )
    return survey


def _blank(texts: pa.Array) -> pa.Array:
    return pc.equal(pc.utf8_trim_whitespace(texts), "")


def _given(texts: pa.Array) -> pa.Array:
    """The texts, null where there is nothing but blanks."""
    return pc.if_else(_blank(texts), pa.scalar(None, pa.string()), texts)


def _remarks(chunk: Chunk, numbers: list[int], labels: pa.Array | None) -> list[list[str] | None] | None:
    unusual = label_remarks(labels) if labels is not None else {}
    if not unusual and not chunk.remarks:
        return None
    both = [
        [*chunk.remarks.get(number, ()), *([unusual[i]] if i in unusual else [])] for i, number in enumerate(numbers)
    ]
    return [remarks or None for remarks in both]
