"""What became of every file and row of an import: counted as it runs, all of them kept in one part."""

from __future__ import annotations

import contextlib
import csv
import io
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from trainset.model import Outcome
from trainset.store import parts
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file

SCHEMA = pa.schema(
    [
        ("kind", pa.string()),  # file or row
        ("name", pa.string()),  # path relative to the source; of a row: its list
        ("row", pa.int64()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("remarks", pa.list_(pa.string())),
        ("content", pa.binary(16)),  # of what is a sample; null for a row whose file is listed too
        (
            "echoes",
            pa.bool_(),
        ),  # a row whose file is listed too: its remarks and its trouble are the file's, counted there
    ]
)

_HELD = 10_000
_SHOWN = 1_000


class Spool:
    """Collects the outcomes of one import, in a bounded amount of memory. Implements `contracts.Outcomes`."""

    def __init__(
        self, dataset: Dataset, name: str, source: str, place: Path | None, position: int, *, unlogged: bool = False
    ) -> None:
        """name: of the import. The rest tells `store.bad` whether the part counts. place: what is read, none for an archive, which
        is all of its source. unlogged: what is said counts though the log has no such source."""
        self.files: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.remarked: Counter[str] = Counter()
        self.source_remarks: list[str] = []
        self.bad: list[dict[str, object]] = []
        self.bad_count = 0
        self._path = dataset.place("outcomes", f"{name}.parquet")
        read = "" if place is None or place.is_dir() else place.name  # a list, of a folder that may hold several
        facts = {"source": source, "place": read, "position": position, "at_ns": time.time_ns(), "unlogged": unlogged}
        self._schema = parts.with_facts(SCHEMA, facts)
        self._held: list[list[object]] = []
        self._batches: list[pa.RecordBatch] = []

    def __enter__(self) -> Self:
        self._context = whole_file(self._path)
        self._writer = pq.ParquetWriter(self._context.__enter__(), self._schema, compression="zstd")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._flush()
            self._write()
            self._writer.close()
        else:
            with contextlib.suppress(OSError):  # the error that ended the import is the one to report
                self._writer.close()
        self._context.__exit__(kind, error, trace)

    def file(self, path: str, outcome: Outcome, reason: str = "", remarks: Sequence[str] = ()) -> None:
        """One file that is no candidate. The remarks on a list are about the source as a whole."""
        if outcome is Outcome.IGNORED:
            self.source_remarks += remarks
        self._one("file", path, None, outcome, reason, remarks)

    def row(self, list_name: str, row: int, outcome: Outcome, reason: str = "", remarks: Sequence[str] = ()) -> None:
        """One row of a list that is no candidate."""
        self._one("row", list_name, row, outcome, reason, remarks)

    def remark(self, text: str) -> None:
        """Something about the source as a whole."""
        self.source_remarks.append(text)

    def add(self, batch: pa.RecordBatch) -> None:
        """The outcomes of many candidates, in the columns of `SCHEMA`."""
        for kind, counter in (("file", self.files), ("row", self.rows)):
            mine = batch.filter(pc.equal(batch["kind"], kind))
            for pair in mine["outcome"].value_counts().to_pylist():
                counter[pair["values"]] += pair["counts"]
        once = batch.filter(pc.invert(batch["echoes"]))
        remarks = once.filter(pc.not_equal(once["outcome"], str(Outcome.IGNORED)))["remarks"].flatten()
        if len(remarks):
            leads = pc.list_element(pc.split_pattern(remarks, ":", max_splits=1), 0)
            for pair in leads.value_counts().to_pylist():
                self.remarked[pair["values"]] += pair["counts"]
        good = [str(outcome) for outcome in Outcome if not outcome.is_bad]
        bad = once.filter(pc.invert(pc.is_in(once["outcome"], pa.array(good))))
        self.bad_count += bad.num_rows
        if len(self.bad) < _SHOWN:
            self.bad += (
                bad.slice(0, _SHOWN - len(self.bad)).select(["kind", "name", "row", "outcome", "reason"]).to_pylist()
            )
        self._batches.append(batch)
        if sum(held.num_rows for held in self._batches) >= _HELD:
            self._write()

    def _write(self) -> None:
        if self._batches:
            self._writer.write_table(pa.Table.from_batches(self._batches, SCHEMA))
            self._batches = []

    def _one(
        self, kind: str, name: str, row: int | None, outcome: Outcome, reason: str, remarks: Sequence[str]
    ) -> None:
        self._held.append([kind, name, row, str(outcome), reason, list(remarks), None, False])
        if len(self._held) >= _HELD:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            columns = [list(column) for column in zip(*self._held, strict=True)]
            self._held = []
            self.add(pa.record_batch(columns, schema=SCHEMA))


def read(dataset: Dataset, name: str) -> Iterator[pa.RecordBatch]:
    """All outcomes of an import, batch by batch."""
    return parts.batches(dataset.place("outcomes", f"{name}.parquet"), SCHEMA.names, SCHEMA)


def write_report(dataset: Dataset, name: str, target: Path) -> None:
    """All outcomes of an import as CSV, with what each exact copy is a copy of."""
    first: dict[bytes, str] = {}
    copied = _copied(dataset, name)
    with whole_file(target.resolve()) as raw:
        text = io.TextIOWrapper(raw, "utf-8", "surrogatepass", newline="", write_through=True)
        writer = csv.writer(text)  # CR LF: with LF alone Python would leave a CR in a name unquoted
        writer.writerow(["kind", "name", "row", "outcome", "reason", "remarks"])
        for batch in read(dataset, name):
            for item in batch.to_pylist():
                remarks = list(item["remarks"] or [])
                place = item["name"] if item["row"] is None else f"{item['name']} row {item['row']}"
                if item["content"] in copied and first.setdefault(item["content"], place) != place:
                    remarks.append(f"duplicate of: {first[item['content']]}")
                writer.writerow(
                    [item["kind"], item["name"], item["row"], item["outcome"], item["reason"], "; ".join(remarks)]
                )
        text.flush()
        text.detach()


def duplicates(dataset: Dataset, name: str) -> int:
    """How many of an import's samples are exact copies of an earlier one of it."""
    keys = np.sort(_keys(dataset, name))
    return int((keys[1:] == keys[:-1]).sum())


def _copied(dataset: Dataset, name: str) -> set[bytes]:
    """The contents that occur more than once."""
    keys = np.sort(_keys(dataset, name))
    often = keys[1:][keys[1:] == keys[:-1]]
    copied: set[bytes] = set()
    for batch in parts.batches(dataset.place("outcomes", f"{name}.parquet"), ["content"]):
        contents = batch["content"].drop_null()
        hit = np.isin(_first_eight(contents), often)
        copied.update(contents.filter(pa.array(hit)).to_pylist())
    return copied


def _keys(dataset: Dataset, name: str) -> NDArray[np.uint64]:
    """The first 8 bytes of every content hash: a million of them are 8 MB."""
    path = dataset.place("outcomes", f"{name}.parquet")
    pieces = [_first_eight(batch["content"].drop_null()) for batch in parts.batches(path, ["content"])]
    return np.concatenate([np.empty(0, np.uint64), *pieces])


def _first_eight(contents: pa.Array) -> NDArray[np.uint64]:
    if not len(contents):
        return np.empty(0, np.uint64)
    data = np.frombuffer(contents.buffers()[1], np.uint64)
    return data[contents.offset * 2 : (contents.offset + len(contents)) * 2 : 2].copy()
