"""Writing lists: the rows, the media beside them, and a count of everything the list cannot hold."""

from __future__ import annotations

import csv as _csv
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import pyarrow as pa

from trainset.contracts import Losses
from trainset.errors import TargetExists
from trainset.formats import _json
from trainset.formats._columns import column_for
from trainset.formats._names import file_name
from trainset.store import durable, paths
from trainset.store.schema import EXPORTED

_SPOOLED = pa.schema([field for field in EXPORTED if field.name not in ("name", "media")])
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv(
    samples: Iterable[pa.RecordBatch],
    target: Path,
    *,
    path_column: str = "",
    media: bool = True,
    for_spreadsheet: bool = False,
) -> Losses:
    """A CSV file that comes back as it was: minimal quotes, LF line ends, the metadata fields of all samples as columns.

    path_column: given when the files lie beside the target already, and `path` says where: the name of that column.
    """
    formulas = 0

    def write(spool: _Spool, file: BinaryIO, lost: Counter[str]) -> None:
        nonlocal formulas
        text = TextIOWrapper(file, encoding="utf-8", newline="")
        # with CR LF as line end Python quotes a CR inside a field; the lines themselves end in LF
        writer = _csv.writer(LineFeeds(text), lineterminator="\r\n")
        columns = spool.columns()
        writer.writerow(
            [*columns.values(), *(_cell(name, lost, "names of metadata fields") for name in spool.fields.values())]
        )
        for row, meta in spool.rows():
            cells = [_cell(row[ours] or "", lost, f"values in {theirs}") for ours, theirs in columns.items()]
            if (row["label"] or "x").isspace():
                lost["labels are nothing but white space: they come back as no label"] += 1
            cells += [_meta_cell(meta, name, lost) for name in spool.fields]
            danger = [place for place, cell in enumerate(cells) if cell.startswith(FORMULA)]
            formulas += len(danger)
            for place in danger if for_spreadsheet else ():
                cells[place] = "'" + cells[place]
            writer.writerow(cells)
        text.flush()
        text.detach()

    losses = _write(samples, target, write, media=media, path_column=path_column)
    if not formulas:
        return losses
    if for_spreadsheet:
        changed = (
            f"{formulas:,} cells begin with a ' for the spreadsheet's sake: this file does not come back unchanged"
        )
        return replace(losses, lost=(*losses.lost, changed))
    warning = (
        f"{formulas:,} cells begin with = + - @, a tab or a carriage return, which a spreadsheet may run as a formula: "
        "write with --set csv.for_spreadsheet=true before opening the file in one"
    )
    return replace(losses, warnings=(*losses.warnings, warning))


def jsonl(samples: Iterable[pa.RecordBatch], target: Path, *, media: bool = True) -> Losses:
    """One JSON object per line, metadata with their types beside our columns."""

    def write(spool: _Spool, file: BinaryIO, lost: Counter[str]) -> None:
        columns = spool.columns()
        for row, meta in spool.rows():
            values: dict[str, Any] = {theirs: row[ours] or None for ours, theirs in columns.items()}
            values |= {spool.fields[name]: value for name, value in meta.items()}
            file.write(_json.dumps(values).encode() + b"\n")

    return _write(samples, target, write, media=media, path_column="")


@dataclass
class _Spool:
    """The samples on their way: written once beside the target, read when it is known what all of them have."""

    place: Path
    folder: Path
    media: bool
    path_column: str
    samples: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    files: int = 0
    left_out: int = 0
    texts: int = 0
    empty: int = 0

    @property
    def of_files(self) -> bool:
        """A list is one of files or one of texts."""
        return bool(self.files + self.left_out)

    def columns(self) -> dict[str, str]:
        """Our columns -> their names in the file. Settles those of the metadata: `fields`, name -> column."""
        first = {"path": self.path_column or "path"} if self.of_files else {"text": "text"}
        columns = first | {name: name for name in ("label", "split", "contributor")}
        self.fields = {name: column_for(name, [*columns.values()]) for name in self.fields}
        return columns

    def take(self, samples: Iterable[pa.RecordBatch], media_name: str) -> None:
        """Writes the media, and the rest to the spool."""
        with pa.OSFile(str(self.place), "wb") as sink, pa.ipc.new_stream(sink, _SPOOLED) as stream:
            for batch in samples:
                columns = {name: batch.column(name).to_pylist() for name in batch.schema.names if name != "media"}
                media = batch.column("media")
                for row in range(batch.num_rows):
                    if columns["path"][row] is None and columns["name"][row] is None:
                        self.texts += 1
                        self.empty += not (columns["text"][row] or "").strip()
                    elif self.media and media[row].is_valid:
                        name = columns["name"][row] or columns["path"][row].rpartition("/")[2]
                        name = self._save(name, columns["id"][row], media[row].as_buffer())
                        columns["path"][row] = f"{media_name}/{name}"
                    else:
                        self.left_out += 1
                    if columns["meta"][row]:
                        self.fields |= {name: name for name in _json.loads(columns["meta"][row])[0]}
                stream.write_batch(
                    pa.record_batch([pa.array(columns[f.name], f.type) for f in _SPOOLED], schema=_SPOOLED)
                )
                self.samples += batch.num_rows

    def texts_as_files(self, media_name: str) -> None:
        """In a list of files, the texts become files too."""
        if self.of_files and self.texts and self.media:
            rest = self.place.with_suffix(".rest")
            self.place.replace(rest)
            try:
                with pa.OSFile(str(self.place), "wb") as sink, pa.ipc.new_stream(sink, _SPOOLED) as stream:
                    for batch in _stream(rest):
                        rows = batch.to_pylist()
                        for row in rows:
                            if row["path"] is None:
                                name = self._save("text.txt", row["id"], (row["text"] or "").encode())
                                row["path"] = f"{media_name}/{name}"
                        stream.write_batch(pa.RecordBatch.from_pylist(rows, _SPOOLED))
            finally:
                rest.unlink()

    def rows(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Each sample and its metadata."""
        for batch in _stream(self.place):
            for row in batch.to_pylist():
                yield row, _json.loads(row["meta"])[0] if row["meta"] else {}

    def lost(self) -> Iterator[str]:
        """What no list of this kind can hold."""
        if self.left_out and not self.path_column:
            yield f"the bytes of {self.left_out:,} files: they are named by their paths in the source, where the list must lie to come back in"
        if self.of_files and self.texts:
            became = "are written as files beside the others" if self.media else "have no path and cannot come back"
            yield f"{self.texts:,} texts without a file {became}"
        elif self.empty:
            yield f"{self.empty:,} samples without any text: their rows cannot come back"

    def _save(self, name: str, identifier: str, data: Any) -> str:
        name = file_name(name, identifier, self.taken)
        self.folder.mkdir(exist_ok=True)
        with (self.folder / name).open("xb") as file:
            file.write(data)
        self.files += 1
        return name


def _write(
    samples: Iterable[pa.RecordBatch],
    target: Path,
    write: Callable[[_Spool, BinaryIO, Counter[str]], None],
    *,
    media: bool,
    path_column: str,
) -> Losses:
    """The media first, in a folder that appears whole; then the list."""
    folder = target.with_name(f"{target.stem}_media")
    for place in (target, folder):
        if place.exists() or place.is_symlink():
            raise TargetExists(
                "there is something already", where=str(place), next="name another target, or move that away"
            )
    lost: Counter[str] = Counter()
    with durable.storage_full_is_clear(target), _temporary(target.parent) as temporary:
        spool = _Spool(temporary / "rows", temporary / "media", media, path_column)
        media_name = paths.from_local(folder.name)
        spool.take(samples, media_name)
        spool.texts_as_files(media_name)
        try:
            with durable.whole_file(target) as file:
                write(spool, file, lost)
                if spool.files:
                    os.sync()  # once for all media
                    spool.folder.replace(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)  # no list names these files
            raise
    return Losses(spool.samples, (*spool.lost(), *(f"{count:,} {what}" for what, count in lost.items())))


@contextmanager
def _temporary(parent: Path) -> Iterator[Path]:
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / f".{uuid4().hex}.part"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stream(place: Path) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(str(place), "rb") as source, pa.ipc.open_stream(source) as batches:
        yield from batches


def _cell(text: str, lost: Counter[str], what: str) -> str:
    """The text as a CSV file in UTF-8 can hold it."""
    if "\0" in text:
        lost[f"{what} hold NUL characters, which no CSV can: U+FFFD stands in their place"] += 1
        return text.replace("\0", "\ufffd")
    return text


def _meta_cell(meta: Mapping[str, Any], name: str, lost: Counter[str]) -> str:
    value = meta.get(name)
    if value is None:
        lost["metadata values that are missing come back as empty texts"] += 1
        return ""
    if not isinstance(value, str):
        lost["metadata values that are numbers, truth values, lists or objects become text"] += 1
        return _json.dumps(value)
    return _cell(value, lost, "metadata values")


class LineFeeds:
    """Where csv writes a row: ends it with LF."""

    def __init__(self, file: TextIOWrapper) -> None:
        self._write = file.write

    def write(self, row: str) -> int:
        return self._write(row[:-2] + "\n")
