"""ZIP and tar archives, and single files packed with gzip, bzip2 or xz."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from trainset.contracts import Unpacked, Unpacking, format
from trainset.errors import BadSource
from trainset.formats import _inner, _tar, _zip
from trainset.formats._inflate import Inflated
from trainset.formats._members import Members
from trainset.formats._room import MEMBERS, Broken, Room, TooMuch
from trainset.model import Outcome
from trainset.store import paths

_TARS = (".tar", ".tgz", ".tbz", ".tbz2", ".txz")
_PACKED = (".gz", ".bz2", ".xz")
_PIECE = 256 * 2**10


@format("Archive", suffixes=(".zip", *_TARS, *_PACKED))
class Archive:
    """A ZIP or tar file (also .tar.gz, .tar.bz2, .tar.xz) of any layout that is read as a folder, or one packed list (`texts.csv.gz`).

    Members are unpacked into the dataset and read as the folder they make; when all lie in one folder that is no class and no
    split, as that folder. Links, devices, names that lead out, a name twice (also in other case) and what
    is damaged or encrypted are named and left out; archives in archives stay packed. What unpacks to more than 20 times its size
    and 512 MB is refused.
    """

    def unpack(
        self, source: Path, target: Path, outcomes: Unpacking, *, most_bytes: int = 0, most_members: int = MEMBERS
    ) -> Unpacked:
        """`most_bytes`: how many there may be when unpacked (0: 20 times the size of the archive, at least 512 MB).
        `most_members`: how many members and folders."""
        room = Room(source.stat().st_size, "archive", most_bytes=most_bytes, members=most_members)
        members = Members(target, outcomes, room)
        name, single = paths.from_local(source.name), False
        try:
            if source.suffix.lower() == ".zip":
                _zip.unpack(source, members, room)
            elif source.suffix.lower() in _TARS or _holds_a_tar(source):
                _tar.unpack(source, members, room)
            else:
                single = True
                _unpack_one(source, members, room)
        except TooMuch as fault:
            shutil.rmtree(target)
            target.mkdir()
            outcomes.file(name, Outcome.TOO_LARGE, str(fault))
            return Unpacked("")
        except Broken as fault:
            outcomes.file(name, fault.outcome, fault.reason)
        else:
            if not members.seen:
                raise BadSource("this archive is empty", where=str(source), expected="files in it")
        if single:
            return Unpacked(paths.from_local(source.stem))
        return Unpacked(_inner.folder(target, stem(name), outcomes))


def stem(name: str) -> str:
    """An archive's name without what says that it is one."""
    base, dot, suffix = name.rpartition(".")
    if base and dot and f".{suffix.lower()}" in (".zip", *_TARS, *_PACKED):
        return stem(base) if base.lower().endswith(".tar") else base
    return name


def _holds_a_tar(source: Path) -> bool:
    if source.stem.lower().endswith(".tar"):
        return True
    try:
        with source.open("rb") as file:
            return Inflated(file, Room(2**40, "archive")).read(512)[257:262] == b"ustar"
    except (Broken, TooMuch):
        return False


def _unpack_one(source: Path, members: Members, room: Room) -> None:
    with source.open("rb") as file:
        stream = Inflated(file, room)

        def pieces() -> Iterator[bytes]:
            if not stream.kind:
                raise Broken(Outcome.UNREADABLE, f"it is not packed as its name says ({source.suffix})")
            while data := stream.read(_PIECE):
                yield data

        members.add(paths.from_local(source.stem), pieces(), lambda: stream.packed)
