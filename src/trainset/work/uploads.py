"""Uploads: files that a browser sends, kept in the dataset's folder `media/NAME`, from where they are imported as any source."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from trainset.errors import BadValue, StorageFull
from trainset.formats._names import LONGEST, fold, safe_name
from trainset.store import own_media
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file
from trainset.store.replay import replay

MOST_BYTES = 64 * 2**30
"""Of one file."""
MOST_FILES = 2_000_000
"""Of one upload."""
RESERVE = 2**30
"""Bytes of the disk that uploads leave free: the import needs some, and so does the machine."""
_DEEPEST, _LONGEST_PATH = 40, 2_000
_LOOK = 64 * 2**20
"""Bytes between two looks at how full the disk is."""
_SIGNS = re.compile(r'[<>:"|?*%]')
"""What is encoded in names for the sake of other systems, or of the way back, and is a sign as any other here."""


class Uploads:
    """The uploads of one dataset. Safe from any thread."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._lock = threading.Lock()
        self._names: dict[Path, dict[str, str]] = {}
        self._counts: dict[str, int] = {}

    def folder(self, name: str) -> Path:
        """Where an upload's files lie. Raises `BadValue` for a name that another source has, and for one that is none."""
        if not name.strip() or len(name) > LONGEST:
            raise BadValue("an upload needs a name", expected=f"1 to {LONGEST} characters", got=repr(name[:60]))
        safe = _component(name)
        place = self._dataset.place(own_media.FOLDER, safe)
        earlier = replay(self._dataset).sources.get(safe)
        if earlier is not None and os.path.realpath(earlier.root) != os.path.realpath(place):
            raise BadValue(
                f"this dataset has a source {name[:60]!r} already, and it is another place",
                next="give this upload another name",
            )
        return place

    def source(self, name: str) -> Path:
        """What to import of an upload: its only file when that is a list or an archive, else its folder. Raises `BadValue`."""
        folder = self.folder(name)
        if not folder.is_dir():
            raise BadValue(f"nothing was uploaded as {name[:60]!r}", next="upload it first")
        found = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
        if len(found) == 1 and found[0].is_file(follow_symlinks=False):
            return Path(found[0].path)
        return folder

    def missing(self, name: str, files: Sequence[tuple[str, int]]) -> list[int]:
        """Which of these (path, bytes) are not there yet, or are there with another size, by their place in the sequence."""
        folder, found = self.folder(name), []
        for number, (path, size) in enumerate(files):
            try:
                place = self._place(folder, path)
                if place.is_symlink() or place.stat().st_size != size:
                    found.append(number)
            except (OSError, BadValue):
                found.append(number)
        return found

    @contextmanager
    def file(self, name: str, path: str, size: int | None) -> Iterator[Writing]:
        """A file of an upload on its way: it appears under its name when all of it is on disk. path: as the browser says it, with `/`; size:
        as the browser says it. Raises `BadValue`, `StorageFull`."""
        folder = self.folder(name)
        if size is not None and size > MOST_BYTES:
            raise _too_large(path)
        self._room(size or 0)
        with self._lock:
            place = self._place(folder, path)
            self._counts[name] = self._counts.get(name, 0) + 1
            if self._counts[name] > MOST_FILES:
                raise BadValue(
                    "too many files in one upload", expected=f"at most {MOST_FILES:,}", next="pack them into an archive"
                )
        self._dataset.place(own_media.FOLDER, *place.relative_to(self._dataset.place(own_media.FOLDER)).parts)
        with whole_file(place) as file:
            writing = Writing(file, path, size, self._room)
            yield writing
            writing.end()

    def _room(self, more: int) -> None:
        free = shutil.disk_usage(self._dataset.folder).free
        if free - more < RESERVE:
            raise StorageFull(
                "the disk is too full for this upload", expected=f"{RESERVE >> 20:,} MB free afterwards", got=f"{free >> 20:,} MB free",
                next="free some space and upload again: what is there already is not sent again",
            )  # fmt: skip

    def _place(self, folder: Path, path: str) -> Path:
        """Where a file goes: every part of its path made safe; of two that some file systems take for one, the later gets a name of its own."""
        parts = path.split("/")
        if not path or len(path) > _LONGEST_PATH or len(parts) > _DEEPEST:
            raise BadValue(
                "this path cannot be kept", where=path[:80], expected=f"up to {_DEEPEST} folders and {_LONGEST_PATH:,} characters"
            )  # fmt: skip
        parts = [_component(part) for part in parts]
        place = folder.joinpath(*parts)
        known = self._names.get(place.parent)
        if known is None or not place.parent.is_dir():
            there = os.listdir(place.parent) if place.parent.is_dir() else []
            known = self._names[place.parent] = {fold(name): name for name in there if not name.startswith(".")}
        other = known.setdefault(fold(place.name), place.name)
        return place if other == place.name else place.with_name(safe_name(place.name, {fold(other)}))


class Writing:
    """A file that is being written, and how much of it there is."""

    def __init__(self, file: BinaryIO, path: str, size: int | None, room: object) -> None:
        self._file, self._path, self._size, self._room = file, path, size, room
        self.written = 0

    def write(self, data: bytes) -> None:
        """Appends. Raises `BadValue` when more comes than was said or may be, `StorageFull`."""
        before = self.written
        self.written += len(data)
        if self.written > (self._size if self._size is not None else MOST_BYTES):
            raise (
                _too_large(self._path)
                if self._size is None
                else BadValue("more was sent than was said", where=self._path[:80], expected=f"{self._size:,} bytes")
            )
        if callable(self._room) and before // _LOOK != self.written // _LOOK:
            self._room(0)
        self._file.write(data)

    def end(self) -> None:
        """Raises `BadValue` when less came than was said."""
        if self._size is not None and self.written != self._size:
            raise BadValue(
                "the upload ended early", where=self._path[:80], expected=f"{self._size:,} bytes", got=f"{self.written:,}",
                next="upload it again: what is there already is not sent again",
            )  # fmt: skip


def _component(name: str) -> str:
    """One part of a path as this system can keep it without harm; `formats._names.unsafe_name` gives an encoded one back.

    Names that are plain stay as they are, also with signs that only Windows forbids: a folder's name is a class.
    """
    safe = safe_name(name)
    return name if os.name != "nt" and _SIGNS.sub(lambda sign: f"%{ord(sign[0]):02X}", name) == safe else safe


def _too_large(path: str) -> BadValue:
    return BadValue(
        "this file is too large to be uploaded",
        where=path[:80],
        expected=f"at most {MOST_BYTES >> 30} GB",
        next="import it by its place on the machine",
    )
