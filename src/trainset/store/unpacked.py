"""What was unpacked from archives: `unpacked/<folder>/files/`, a record of what it was unpacked from, and what was left out.

Such a folder appears whole, by one rename. It lies inside the dataset, so it may be read wherever the dataset is moved to.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from trainset.contracts import Outcomes
from trainset.errors import DamagedDataset, Unsafe
from trainset.model import Outcome
from trainset.store import durable, paths
from trainset.store.dataset import Dataset
from trainset.store.own_media import UNPACKED as FOLDER

_ASIDE = f".aside{durable.TEMPORARY}"
_FILES, _RECORD, _OUTCOMES = "files", "record.json", "outcomes.jsonl"
_HELD, _TOLD = 1_000, 100  # lines that are written at once; members that are told at once
_LONGEST_RECORD, _LONGEST_LINE = 20_000_000, 100_000  # bytes, characters: a forged one cannot fill the memory


@dataclass(frozen=True)
class Record:
    """What was unpacked: from where, what it was then, and what is to be read of it, how.

    packed: the real path of the archive. files: name, size and mtime_ns of each file it is made of. digest: of their bytes.
    """

    source: str
    packed: str
    files: tuple[tuple[str, int, int], ...]
    digest: str
    plugin: str
    limits: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""
    format: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


def place(dataset: Dataset, folder: str) -> Path:
    """Where the files are. Raises `DamagedDataset` when a link is in the way."""
    return dataset.place(FOLDER, folder, _FILES)


def within(dataset: Dataset, folder: str, path: str) -> Path:
    """The place of an encoded path among the files. Raises `DamagedDataset` when a link is in the way or it leads out."""
    return dataset.place(FOLDER, folder, _FILES, *(paths.local(part) for part in path.split("/") if path))


def load(dataset: Dataset, folder: str) -> Record | None:
    """The record, if there is one and it is what it must be; else the archive is unpacked anew."""
    found = dataset.place(FOLDER, folder, _RECORD)
    try:
        with found.open("rb") as file:
            facts = json.loads(file.read(_LONGEST_RECORD))
        facts["files"] = tuple((str(name), int(size), int(mtime)) for name, size, mtime in facts["files"])
        record = Record(**facts)
        texts = (record.source, record.packed, record.digest, record.plugin, record.path, record.format)
        if not all(isinstance(text, str) for text in texts):
            return None
        if not isinstance(record.settings, dict) or not isinstance(record.limits, dict):
            return None
        if record.path:
            paths.check_relative(record.path)
        return record if within(dataset, folder, record.path).exists() else None
    except (OSError, ValueError, TypeError, KeyError, RecursionError, Unsafe, DamagedDataset):
        return None


def folders(dataset: Dataset) -> list[str]:
    """The folders there are, sorted."""
    root = dataset.place(FOLDER)
    return sorted(found.name for found in root.iterdir() if not found.name.startswith(".")) if root.is_dir() else []


def tell(dataset: Dataset, folder: str, outcomes: Outcomes) -> None:
    """Says again what became of the members that are no files here. Raises `DamagedDataset`."""
    found = dataset.place(FOLDER, folder, _OUTCOMES)
    try:
        with found.open(encoding="utf-8") as lines:
            _retell(lines, outcomes)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise DamagedDataset(
            "what was left out when this was unpacked cannot be read", where=str(found), got=str(error)[:200],
            next="delete this folder and import the archive again",
        ) from error  # fmt: skip


class Making:
    """A folder on its way: unpack to `files`, say to `outcomes` what is left out, then `keep` it; else it goes away again."""

    def __init__(self, dataset: Dataset, folder: str, progress: Callable[[int], None] = lambda done: None) -> None:
        self._dataset, self._folder, self._progress = dataset, folder, progress
        self._work = dataset.place(FOLDER, f".{uuid4().hex}{durable.TEMPORARY}")
        self.files = self._work / _FILES

    def __enter__(self) -> Self:
        with durable.storage_full_is_clear(self._work):
            self._work.parent.mkdir(exist_ok=True)
            self.files.mkdir(parents=True)
            self.outcomes = _Written(self._work / _OUTCOMES, self._progress)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self.outcomes.close()
        finally:
            shutil.rmtree(self._work, ignore_errors=True)

    def tell(self, outcomes: Outcomes) -> None:
        """Says to `outcomes` what was said while unpacking, when nothing was kept."""
        self.outcomes.end()
        with (self._work / _OUTCOMES).open(encoding="utf-8") as lines:
            _retell(lines, outcomes)

    def keep(self, record: Record) -> None:
        """Puts the folder in its place, and what was there before away."""
        self.outcomes.end()
        target = self._dataset.place(FOLDER, self._folder)
        with durable.storage_full_is_clear(target):
            (self._work / _RECORD).write_text(json.dumps(asdict(record)), encoding="utf-8")
            os.sync()  # once for all files: a record on disk without its files would be believed
            aside = target.with_name(f".{self._folder}{_ASIDE}")
            try:
                if target.exists():
                    os.replace(target, aside)  # noqa: PTH105  # the tests' fault injection watches this name
                os.replace(self._work, target)  # noqa: PTH105
            except BaseException:
                _put_back(aside, target)
                raise
            durable.sync_folder(target.parent)
            _remove(aside)


def tidy(dataset: Dataset) -> None:
    """Puts in its place again what a killed import had put aside, and deletes what it left. Only one import runs at a time."""
    root = dataset.place(FOLDER)
    for left in root.glob(f".*{durable.TEMPORARY}") if root.is_dir() else ():
        if left.name.endswith(_ASIDE):
            _put_back(left, root / left.name.removeprefix(".").removesuffix(_ASIDE))
        _remove(left)


def _put_back(aside: Path, target: Path) -> None:
    if aside.is_dir() and not aside.is_symlink() and not os.path.lexists(target):
        os.replace(aside, target)  # noqa: PTH105
        durable.sync_folder(target.parent)


def _remove(folder: Path) -> None:
    """Under a name that nobody takes for a whole folder, should it be killed half-way."""
    if os.path.lexists(folder):
        going = folder.with_name(f".{uuid4().hex}{durable.TEMPORARY}")
        os.replace(folder, going)  # noqa: PTH105
        shutil.rmtree(going, ignore_errors=True)


class _Written:
    """Outcomes as lines of JSON. progress: called with how many more members or rows are done."""

    def __init__(self, place: Path, progress: Callable[[int], None]) -> None:
        self._place, self._file, self._progress = place, place.open("w", encoding="utf-8"), progress
        self._lines: list[str] = []
        self._done = 0

    def close(self) -> None:
        with durable.storage_full_is_clear(self._place), contextlib.closing(self._file):
            self._write_out()

    def end(self) -> None:
        self._progress(self._done)
        self.close()

    def done(self, more: int) -> None:
        self._done += more
        if self._done >= _TOLD:
            self._progress(self._done)
            self._done = 0

    def file(self, path: str, outcome: Outcome, reason: str = "", remarks: Sequence[str] = ()) -> None:
        self._write([path, None, outcome, reason, *remarks])

    def row(self, list_name: str, row: int, outcome: Outcome, reason: str = "", remarks: Sequence[str] = ()) -> None:
        self._write([list_name, row, outcome, reason, *remarks])

    def remark(self, text: str) -> None:
        self._write(["", None, "", text])

    def _write(self, line: list[Any]) -> None:
        self._lines.append(json.dumps(line))
        if len(self._lines) >= _HELD:
            with durable.storage_full_is_clear(self._place):
                self._write_out()

    def _write_out(self) -> None:
        if self._lines and not self._file.closed:
            self._file.write("\n".join(self._lines) + "\n")
            self._lines = []


def _retell(lines: Any, outcomes: Outcomes) -> None:
    while line := lines.readline(_LONGEST_LINE):
        name, row, outcome, reason, *remarks = json.loads(line)
        if not all(isinstance(text, str) for text in (name, outcome, reason, *remarks)):
            raise ValueError("no text where one must be")
        if not outcome:
            outcomes.remark(reason)
        elif row is None:
            outcomes.file(name, Outcome(outcome), reason, remarks)
        else:
            outcomes.row(name, int(row), Outcome(outcome), reason, remarks)
