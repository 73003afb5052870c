"""The members of a tar file, packed or not, read once from its beginning to its end."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

from trainset.formats._inflate import Inflated
from trainset.formats._members import Members
from trainset.formats._room import Broken, Room
from trainset.model import Outcome
from trainset.store import paths

_PIECE = 256 * 2**10
_HEADER = 2**20  # bytes that may stand before a member: long names, other attributes
_BEHIND = 2**20  # bytes behind the end that are looked at: the checksum of what it is packed with
_FAULTS = (tarfile.TarError, OSError, ValueError, OverflowError, LookupError, TypeError, RecursionError, AttributeError)
_END = bytes(tarfile.BLOCKSIZE)


def unpack(source: Path, members: Members, room: Room) -> None:
    """Hands every member on. Raises `Broken` for what cannot be read on, `TooMuch`."""
    with source.open("rb") as file:
        stream = _Tar(Inflated(file, room))
        size, reader = source.stat().st_size, None
        while True:
            try:
                stream.inflated.room_left = _HEADER
                before = stream.tell()
                if reader is None:
                    reader = tarfile.TarFile(fileobj=stream, mode="r", encoding="utf-8", errors="surrogateescape")  # type: ignore[arg-type]
                entry = reader.next()
                reader.members.clear()  # type: ignore[attr-defined]  # a list of all would grow with the archive
            except MemoryError:
                raise Broken(Outcome.TOO_LARGE, "a header in it needs too much memory") from None
            except _FAULTS as error:
                if stream.short:
                    raise Broken(Outcome.TRUNCATED, _CUT) from None
                raise Broken(
                    Outcome.UNREADABLE, f"a header in it is damaged: {error or type(error).__name__}"
                ) from None
            finally:
                stream.inflated.room_left = -1
            room.take(min(_HEADER, stream.tell() - before))
            if entry is None:
                return _check_end(stream, members)
            _member(stream, entry, members, size)


_CUT = "it is cut off: what is before is imported, what may be behind is missing"


def _member(stream: _Tar, entry: tarfile.TarInfo, members: Members, size: int) -> None:
    name = paths.encode(entry.name.encode("utf-8", "surrogateescape"))
    if entry.isdir():
        members.folder(name)
    elif entry.isreg() and not entry.issparse():
        start, inflated = stream.inflated.packed, stream.inflated
        data = _data(stream, entry, packed=inflated.kind != "", size=size)
        members.add(name, data, lambda: inflated.packed - start)
    else:
        members.count()
        kinds = {
            tarfile.SYMTYPE: "a link",
            tarfile.LNKTYPE: "a hard link",
            tarfile.CHRTYPE: "a device",
            tarfile.BLKTYPE: "a device",
        }
        what = kinds.get(entry.type, "a pipe" if entry.type == tarfile.FIFOTYPE else "no regular file")
        if entry.issparse():
            members.refuse(name, Outcome.UNSUPPORTED, "a file with holes is not unpacked")
        else:
            aim = f" to {paths.encode(entry.linkname.encode('utf-8', 'surrogateescape'))!r}" if entry.linkname else ""
            members.refuse(name, Outcome.UNSAFE, f"{what}{aim[:200]} is not unpacked")


def _data(stream: _Tar, entry: tarfile.TarInfo, *, packed: bool, size: int) -> Iterator[bytes]:
    if entry.size < 0 or (not packed and entry.offset_data + entry.size > size):
        raise Broken(Outcome.TRUNCATED, "it is cut off: it is said to be longer than the archive")
    stream.seek(entry.offset_data)
    left = entry.size
    while left:
        data = stream.read(min(_PIECE, left))
        if not data:
            raise Broken(Outcome.TRUNCATED, "it is cut off")
        left -= len(data)
        yield data


def _check_end(stream: _Tar, members: Members) -> None:
    """A tar ends with a block of zeros; tarfile also takes a bad header, or nothing at all, for the end."""
    if stream.last != _END:
        if stream.short or len(stream.last) < tarfile.BLOCKSIZE:
            raise Broken(Outcome.TRUNCATED, _CUT)
        raise Broken(Outcome.UNREADABLE, "a header in it is damaged: what is before is imported")
    behind = 0
    while behind < _BEHIND and (data := stream.read(_PIECE)):
        behind += len(data)
        if data.strip(b"\0"):
            members.outcomes.remark("there are data behind the end of the tar, which are not read")
            return


class _Tar:
    """The stream as tarfile wants it; remembers the last block, and whether there was less than asked for."""

    def __init__(self, inflated: Inflated) -> None:
        self.inflated, self.last, self.short = inflated, b"", False
        self.tell, self.seek = inflated.tell, inflated.seek

    def read(self, size: int) -> bytes:
        data = self.inflated.read(size)
        self.short = len(data) < size
        if size == tarfile.BLOCKSIZE:
            self.last = data
        return data
