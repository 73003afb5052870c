"""From Parquet files to a folder of media with a list, or to a list of texts."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from trainset.contracts import Unpacked, Unpacking
from trainset.engine.lost import Lost
from trainset.engine.pool import Pool
from trainset.errors import BadSource
from trainset.formats import _features, _json, _names
from trainset.formats._columns import column_for
from trainset.formats._lines import NotATable
from trainset.formats._parquet_rows import ANSWER, ASKED, ROWS, at_once
from trainset.formats._room import Broken, Room, TooMuch
from trainset.formats._walk import plain_files, walk
from trainset.media import kinds
from trainset.model import SPLIT_SPELLINGS, Outcome
from trainset.store import durable, paths

NO_SPLIT = "unsplit"
"""The shard of samples without split: `datasets` needs a name."""
_LIST, _TEXTS = "metadata.jsonl", "rows.jsonl"
_SHARD = re.compile(r"(?P<split>\w+(?:\.\w+)*)-\d+-of-\d+")
_SECONDS = 60.0
_MEMORY = 450 * 2**20  # as for a decoder: an import stays under 1 GB
_LONGEST = 256_000_000  # bytes of a file, as much as an import takes
_ROWS_PER_BYTE = 8  # a row takes more than a bit: a file that claims more rows than these is a bomb
_MOST_LOST = 3  # rows that end the reader, after which the rest of their group is given up
_LISTS = (".csv", ".tsv", ".jsonl", ".ndjson")
_OURS = ("path", "label", "split", "contributor")


def is_folder_of_them(source: Path) -> bool:
    """Whether a folder holds Parquet files, and nothing else that is a sample."""
    any_of_them = False
    for path in plain_files(source):
        name = os.path.basename(path)  # noqa: PTH119  # a hundred thousand of them
        suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122  # as above
        if name.startswith("."):
            continue
        if suffix in _LISTS or kinds.medium_of(name) not in ("", "text"):
            return False  # nearly always the first file says so
        any_of_them |= suffix == ".parquet"
    return any_of_them


def unpack(source: Path, target: Path, outcomes: Unpacking, mapping: Mapping[str, str], most_bytes: int) -> Unpacked:
    """Writes the media of all rows and `metadata.jsonl`, or `rows.jsonl` for texts; every row that is none has its outcome."""
    inside = walk(source, outcomes) if source.is_dir() else [paths.from_local(source.name)]
    names = {source / paths.local(name) if source.is_dir() else source: name for name in inside}
    shards = []
    for path, name in names.items():
        if path.suffix.lower() != ".parquet":
            outcomes.file(name, Outcome.IGNORED, "a file beside Parquet files")
        elif source.is_dir() and path.is_symlink():
            outcomes.file(name, Outcome.UNSAFE, "a link is not followed: import what it leads to by itself")
        else:
            shards.append(path)
    if not shards:
        raise BadSource("there is no Parquet file in this folder", where=str(source))
    size = sum(path.stat().st_size for path in shards)
    job = _Job(target, outcomes, Room(size, "huggingface_parquet", most_bytes=most_bytes), size)
    try:
        for path in shards:
            job.shard(path, names[path], mapping)
    except (TooMuch, Broken) as fault:
        shutil.rmtree(target)
        target.mkdir()
        outcomes.file(f"{paths.from_local(source.name)} (as a whole)", Outcome.TOO_LARGE, str(fault))
        return Unpacked("")
    finally:
        job.close()
    if job.kind == "text":
        return Unpacked(_TEXTS, "jsonl")
    return Unpacked("", "class_folders", {"folders": "none", "list": _LIST})


def split_of(path: str) -> str | None:
    """The split that a file's name says, as `datasets` names shards, or its folder."""
    *folders, name = path.split("/")
    stem = name.rpartition(".")[0]
    if found := _SHARD.fullmatch(stem):
        return None if found["split"] == NO_SPLIT else found["split"]
    return next((word for word in (stem, *reversed(folders)) if word.lower() in SPLIT_SPELLINGS), None)


class _Job:
    """One folder on its way. kind: media or text, as the first file that can be read is."""

    def __init__(self, target: Path, outcomes: Unpacking, room: Room, size: int) -> None:
        self.target, self.outcomes, self.room, self.kind = target, outcomes, room, ""
        self._taken: dict[str, set[str]] = defaultdict(set)
        self._size, self._saved = size, 0
        self._list: TextIO | None = None

    def close(self) -> None:
        """Closes the list."""
        if self._list is not None:
            self._list.close()

    def shard(self, path: Path, name: str, mapping: Mapping[str, str]) -> None:
        """All rows of one file."""
        try:
            with pq.ParquetFile(path) as file:
                roles = _features.roles(file.schema_arrow, mapping, name)
                found = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
                groups, pieces = [group.num_rows for group in found], [at_once(group, roles.media) for group in found]
        except NotATable as fault:
            return self.outcomes.file(name, fault.outcome, fault.reason)
        except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
            reason = f"this Parquet file cannot be read: {str(error).splitlines()[0][:200] if str(error) else type(error).__name__}"
            return self.outcomes.file(name, Outcome.UNREADABLE, reason)
        if min(groups, default=0) < 0 or sum(groups) > _ROWS_PER_BYTE * path.stat().st_size:
            return self.outcomes.file(name, Outcome.TOO_LARGE, "it claims more rows than its bytes can hold")
        kind = "media" if roles.media else "text"
        if self.kind not in ("", kind):
            return self.outcomes.file(name, Outcome.UNSUPPORTED, "it has other columns than the files before it")
        if not sum(groups):
            return self.outcomes.file(name, Outcome.EMPTY, "it has no rows")
        if self._list is None:
            self.kind = kind
            self._list = (self.target / (_TEXTS if kind == "text" else _LIST)).open("w", encoding="utf-8", newline="\n")
        self.outcomes.file(name, Outcome.IGNORED, "Parquet: its rows are the samples", roles.remarks)
        described = ", ".join(f"{ours} = {theirs}" for ours, theirs in roles.mapped.items())
        self.outcomes.remark(f"{name}: {described}")
        self._rows(path, name, roles, groups, pieces)
        return None

    def _rows(
        self, path: Path, name: str, roles: _features.Roles, groups: Sequence[int], pieces: Sequence[int]
    ) -> None:
        lost = dict.fromkeys(range(len(groups)), 0)
        asked: list[tuple[int, int, int]] = []  # group, first row of it, rows: in the order they are answered

        def requests() -> Iterator[pa.RecordBatch]:
            for group, rows in enumerate(groups):
                for start in range(0, rows, pieces[group]):
                    if lost[group] >= _MOST_LOST:
                        break
                    numbers = range(start, min(rows, start + pieces[group]))
                    asked.append((group, start, len(numbers)))
                    yield pa.record_batch(
                        [[str(path)] * len(numbers), [group] * len(numbers), [*numbers]], schema=ASKED
                    )

        def gone(row: pa.RecordBatch, why: Lost) -> pa.RecordBatch:
            lost[row["group"][0].as_py()] += 1
            return pa.RecordBatch.from_pylist([{"fault": why.reason}], ANSWER)

        before = [sum(groups[:group]) for group in range(len(groups))]
        done, answers = [0] * len(groups), 0
        with Pool(ROWS, {"media": roles.media}, workers=1, seconds=_SECONDS, memory=_MEMORY) as pool:
            for answer in pool.map(requests(), gone):
                group, start, rows = asked[answers]
                answers += 1
                for place, row in enumerate(answer.to_pylist()):
                    self._row(name, before[group] + start + place + 1, roles, row)
                done[group] = start + rows
                self.outcomes.done(rows)
        for group, rows in enumerate(groups):
            for row in range(done[group], rows):
                self.outcomes.row(
                    name,
                    before[group] + row + 1,
                    Outcome.UNREADABLE,
                    "rows before it ended the reader: it was not tried",
                )

    def _row(self, name: str, number: int, roles: _features.Roles, answer: Mapping[str, Any]) -> None:
        if answer["fault"] is not None:
            return self.outcomes.row(name, number, Outcome.UNREADABLE, f"row {number:,}: {answer['fault']}")
        values = json.loads(answer["values"])
        line: dict[str, Any] = {}
        try:
            for ours in ("label", "split", "contributor"):
                line[ours] = _text(values, roles, ours)
            if not roles.media:
                line = {
                    "text": _text(values, roles, "text"),
                    **({"id": _text(values, roles, "id")} if "id" in roles.mapped else {}),
                    **line,
                }
        except ValueError as fault:
            return self.outcomes.row(name, number, Outcome.UNREADABLE, f"row {number:,}: {fault}")
        line["split"] = line["split"] or split_of(name)
        for theirs, field in roles.meta.items():
            if values.get(theirs) is not None:
                value = _named(values[theirs], roles.classes.get(theirs))
                line[column_for(field, _OURS if roles.media else ("text", *_OURS[1:]))] = value
        if roles.media:
            data = answer["media"]
            if data is None:
                named = f" (only its name, {answer['path']!r})" if answer["path"] else ""
                return self.outcomes.row(
                    name, number, Outcome.UNREADABLE, f"row {number:,}: the file itself is not in it{named}"
                )
            if len(data) > _LONGEST:
                return self.outcomes.row(
                    name, number, Outcome.TOO_LARGE, f"row {number:,}: its file has {len(data):,} bytes"
                )
            line = {"path": self._save(data, answer["path"] or "", name, number, line["split"]), **line}
        elif not (line["text"] or "").strip():
            return self.outcomes.row(name, number, Outcome.EMPTY, f"row {number:,} has no text")
        written = _json.dumps(line) + "\n"
        self.room.take(len(written))
        with durable.storage_full_is_clear(self.target):
            assert self._list is not None  # noqa: S101  # opened with the first file
            self._list.write(written)
        return None

    def _save(self, data: bytes, path: str, shard: str, number: int, split: str | None) -> str:
        """Writes one file, named as the row says or after its row, and returns its path."""
        folder = _names.safe_name(split or "data")
        base = path.replace("\\", "/").rpartition("/")[2]
        kind = kinds.sniff(data[: kinds.HEAD])
        key = f"{shard.rpartition('/')[2].removesuffix('.parquet')}-{number:06}"
        base = base or key
        if kinds.medium_of(base) in ("", "text") and kind is not None and kind.suffixes:
            base += kind.suffixes[0]
        elif kinds.medium_of(base) in ("", "text"):
            base += ".bin"  # never the name of a list
        file = _names.file_name(base, key, self._taken[folder])
        self.room.take(len(data))
        self._saved += len(data)
        self.room.check_ratio(self._size, self._saved)
        with durable.storage_full_is_clear(self.target):
            os.makedirs(self.target / folder, exist_ok=True)  # noqa: PTH103  # one call for all its parents
            with (self.target / folder / file).open("xb") as out:
                out.write(data)
        return f"{folder}/{file}"


def _text(values: Mapping[str, Any], roles: _features.Roles, ours: str) -> str | None:
    """What a row says in one of our columns, as text. Raises `ValueError`."""
    if ours not in roles.mapped:
        return None
    theirs = roles.mapped[ours]
    value, classes = values.get(theirs), roles.classes.get(theirs)
    if classes is not None and isinstance(value, int) and not isinstance(value, bool):
        if value == -1:
            return None
        if not 0 <= value < len(classes):
            raise ValueError(f"{theirs} is {value}, and there are {len(classes)} classes")
        return classes[value]
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(value)
    raise ValueError(f"{theirs} is no text and no number")


def _named(value: Any, classes: Sequence[str] | None) -> Any:
    if classes is not None and isinstance(value, int) and 0 <= value < len(classes):
        return classes[value]
    return value
