"""Members of an archive on their way to disk: each is tested by its name, none is written outside, over another, or as a link."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from trainset.contracts import Unpacking
from trainset.errors import BadValue, Unsafe
from trainset.formats._room import Broken, Room
from trainset.model import Outcome
from trainset.store import durable, paths

LISTS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".txt", ".text", ".md")
"""Suffixes of files whose lines may be samples."""
_MOST_EMPTY = 1_000  # members of 0 bytes that are written like others
_DEEPEST = 50  # folders in one another
_FOLDER = 5  # members that a folder counts for: it costs more to make, and to remove when there are too many
_NAMES = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EINVAL, errno.EILSEQ)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Members:
    """Writes members below `target`, a new folder that nobody else writes to; every one that it does not has its outcome."""

    def __init__(self, target: Path, outcomes: Unpacking, room: Room) -> None:
        self.target, self.outcomes, self.room = target, outcomes, room
        self._empty = 0
        self._names: dict[str, int] = {}
        self._folders: set[str] = {""}

    @property
    def seen(self) -> int:
        """How many different names there were, folders left out."""
        return len(self._names)

    def count(self) -> None:
        """One more member. Raises `TooMuch`."""
        self.room.count()
        self.outcomes.done(1)

    def refuse(self, name: str, outcome: Outcome, reason: str) -> None:
        """One member that is not written. `name`: as `paths.encode` spells it; a name that came before is told apart."""
        folded = name.casefold()
        count = self._names[folded] = self._names.get(folded, 0) + 1
        self.outcomes.file(name if count == 1 else f"{name} (member {count} of that name)", outcome, reason)

    def folder(self, name: str) -> None:
        """A folder. Only one that leaves the archive is worth a word: the others are made when something lies in them."""
        self.count()
        try:
            _check(name)
        except Unsafe as fault:
            self.refuse(name, Outcome.UNSAFE, fault.what)

    def add(self, name: str, data: Iterator[bytes], packed: Callable[[], int]) -> None:
        """One regular file. `data` raises `Broken` when it cannot be read on; `packed`: bytes of the archive that it took so far.

        Raises `TooMuch`, `StorageFull`."""
        self.count()
        try:
            _check(name)
        except Unsafe as fault:
            self.refuse(name, Outcome.UNSAFE, fault.what)
            return
        name = paths.normal(name)
        folder, _, last = name.rpartition("/")
        if not last:
            self.refuse(name or ".", Outcome.UNREADABLE, "a member without a name")
        elif (count := self._names.get(name.casefold(), 0)) > 0:
            self._names[name.casefold()] = count + 1
            shown = f"{name} (member {count + 1} of that name)"
            reason = "a member before has this name, or one that differs only in case: the first counts"
            self.outcomes.file(shown, Outcome.UNSAFE, reason)
        elif folder.count("/") >= _DEEPEST:
            self.refuse(name, Outcome.UNSUPPORTED, f"it lies more than {_DEEPEST} folders deep")
        else:
            self._write(name, folder, data, packed)

    def _write(self, name: str, folder: str, data: Iterator[bytes], packed: Callable[[], int]) -> None:
        if self._empty >= _MOST_EMPTY:  # so many are no files that somebody put there for a reason
            try:
                data = chain([next(data)], data)
            except StopIteration:
                self.refuse(name, Outcome.EMPTY, "this member has 0 bytes")
                return
            except Broken as fault:
                self.refuse(name, fault.outcome, fault.reason)
                return
        place = os.path.join(self.target, paths.local(name))  # noqa: PTH118  # keeps odd bytes as they are
        try:
            self._make(folder)
            descriptor = os.open(place, _NEW, 0o666)
        except OSError as error:
            if error.errno not in _NAMES:
                raise _unwritable(self.target, error) from error
            what = "another member stands in its way" if error.errno != errno.ENAMETOOLONG else "its name is too long"
            self.refuse(name, Outcome.UNSUPPORTED, f"it cannot be written: {what}")
            return
        size, is_list = 0, name.lower().endswith(LISTS)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                for chunk in data:
                    size += len(chunk)
                    self.room.take(len(chunk))
                    self.room.check_ratio(packed(), size, list=is_list)
                    _written(file.fileno(), chunk, self.target)
        except Broken as fault:
            os.unlink(place)  # noqa: PTH108  # as above
            self.refuse(name, fault.outcome, fault.reason)
        else:
            self._names[name.casefold()] = 1
            self._empty += not size

    def _make(self, folder: str) -> None:
        if folder in self._folders:
            return
        at = ""
        for part in folder.split("/"):
            at = f"{at}/{part}" if at else part
            if at not in self._folders:
                self.room.count(_FOLDER)
                place = os.path.join(self.target, paths.local(at))  # noqa: PTH118  # keeps odd bytes as they are
                if not os.path.isdir(place):  # noqa: PTH112  # where case does not count it is there already
                    os.mkdir(place)  # noqa: PTH102  # as above
                self._folders.add(at)


def _check(name: str) -> None:
    """Raises `Unsafe`. Stricter than for paths of lists: archives are written on one system and read on another."""
    if "\\" in name:
        raise Unsafe("its name has backslashes, which are folders on some systems", where=name)
    if name[1:2] == ":":
        raise Unsafe("its name begins with a drive", where=name)
    paths.check_relative(name)


def _written(descriptor: int, chunk: bytes, target: Path) -> None:
    try:
        view = memoryview(chunk)
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError as error:
        raise _unwritable(target, error) from error


def _unwritable(target: Path, error: OSError) -> Exception:
    """What the system said of our own disk, as an error of ours: it must not be taken for a fault of the archive."""
    try:
        with durable.storage_full_is_clear(target):
            raise error
    except OSError:
        return BadValue("this place cannot be written", where=str(target), got=error.strerror or str(error))
    except Exception as clear:  # noqa: BLE001  # StorageFull or BadValue: raised by the caller
        return clear
