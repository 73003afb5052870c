"""The members of a ZIP file."""

from __future__ import annotations

import bz2
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from trainset.formats._members import Members
from trainset.formats._room import Broken, Room, TooMuch
from trainset.model import Outcome
from trainset.store import paths

FAULTS = (
    zipfile.BadZipFile, EOFError, OSError, ValueError, OverflowError, struct.error, NotImplementedError, RuntimeError, zlib.error,
    lzma.LZMAError, LookupError, TypeError, AssertionError,
)  # fmt: skip
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PIECE = 256 * 2**10
_SMALL_PIECE = 4096  # zipfile unpacks all of LZMA that it is given: this becomes 30 MB at most
ENTRY = 128  # bytes that a member's entry in the list at the end takes, on average, in an archive that is still read
_UTF8 = 0x800  # the flag of a member whose name is UTF-8
_NO_UTF8 = 0x8000  # one that the format has no use for
_LINK = "a link, device, pipe or socket is not unpacked"


def unpack(source: Path, members: Members, room: Room) -> None:
    """Hands every member on. Raises `Broken` when the archive as a whole cannot be read, `TooMuch`."""
    with source.open("rb") as file:
        try:
            archive = opened(file, ENTRY * room.members)
        except zipfile.BadZipFile as error:
            if "not a zip" in str(error):
                raise Broken(
                    Outcome.TRUNCATED, "the list at the end of the ZIP is missing: it is cut off, or no ZIP"
                ) from None
            raise Broken(Outcome.UNREADABLE, f"it is damaged: {error}") from None
        except MemoryError:
            raise TooMuch("the list at its end needs too much memory") from None
        except FAULTS as error:
            raise Broken(Outcome.UNREADABLE, f"it is damaged: {error}") from None
        with archive:
            entries = archive.infolist()
            if len(entries) > room.members:  # known before anything is written
                room.count(len(entries))
            for entry in entries:
                _member(archive, entry, members)


def opened(file: IO[bytes], most: int) -> zipfile.ZipFile:
    """One name that is marked as UTF-8 and is none ends zipfile: then such names lose their mark, and get one of ours."""
    try:
        return zipfile.ZipFile(_Bounded(file, most))
    except UnicodeDecodeError:
        return zipfile.ZipFile(_Renamed(file, most))


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, members: Members) -> None:
    name, kind = _name(entry), stat.S_IFMT(entry.external_attr >> 16)
    if entry.flag_bits & _NO_UTF8 and _is_renamed(archive.fp):
        members.count()
        members.refuse(name, Outcome.UNREADABLE, "its name is said to be UTF-8 and is not")
    elif name.endswith("/") or kind == stat.S_IFDIR:
        members.folder(name)
    elif kind not in (0, stat.S_IFREG):
        members.count()
        members.refuse(name, Outcome.UNSAFE, _LINK)
    elif entry.flag_bits & 1:
        members.count()
        members.refuse(name, Outcome.UNSUPPORTED, "it is encrypted: unpack the archive yourself, with its password")
    else:
        packed = min(entry.compress_size, _size(archive.fp))
        members.add(name, _data(archive, entry), lambda: packed)


def _name(entry: zipfile.ZipInfo) -> str:
    """The whole name, behind a NUL too. Without the mark for UTF-8 it is UTF-8 if it can be, else what the ZIP format says."""
    name = entry.orig_filename
    if not entry.flag_bits & _UTF8 and not name.isascii():
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = entry.orig_filename
    return paths.encode(name.encode("utf-8", "surrogateescape"))


def _bzip2(file: IO[bytes], entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """A member packed with bzip2, which zipfile would unpack by the gigabyte from a few hundred bytes."""
    file.seek(entry.header_offset)
    header = file.read(30)
    if not header.startswith(b"PK\3\4"):
        raise zipfile.BadZipFile("there is no member where the list says")
    file.seek(sum(struct.unpack_from("<HH", header, 26)), 1)
    unpacker, left, size, total = bz2.BZ2Decompressor(), entry.compress_size, 0, 0
    while not unpacker.eof:
        packed = b""
        if unpacker.needs_input:
            packed = file.read(min(left, _SMALL_PIECE))
            left -= len(packed)
            if not packed:
                raise EOFError
        data = unpacker.decompress(packed, _PIECE)
        size, total = size + len(data), zlib.crc32(data, total)
        yield data
    if (size, total) != (entry.file_size, entry.CRC):
        raise zipfile.BadZipFile("its size or checksum is another than the list says")


def _data(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    if not entry.file_size and not entry.CRC and entry.compress_type in _PLAIN:
        return  # nothing is ever read of such a member, and opening it takes longer than all else
    bounded = entry.compress_type in _PLAIN
    size = _PIECE if bounded else _SMALL_PIECE
    try:
        if entry.compress_type == zipfile.ZIP_BZIP2 and archive.fp is not None:
            yield from _bzip2(archive.fp, entry)
            return
        with archive.open(entry) as file:
            while data := file.read(size):
                yield data
    except EOFError:
        raise Broken(Outcome.TRUNCATED, "it is cut off") from None
    except NotImplementedError as error:
        raise Broken(Outcome.UNSUPPORTED, f"it is packed in a way that is not read here: {error}") from None
    except MemoryError:
        raise Broken(Outcome.TOO_LARGE, "it needs too much memory to unpack") from None
    except FAULTS as error:
        raise Broken(Outcome.UNREADABLE, f"it is damaged: {error}") from None


def _size(file: IO[bytes] | None) -> int:
    return file.size if isinstance(file, _Bounded) else 0


class _Bounded:
    """A file that refuses to be read in one piece larger than an honest archive's list of members."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._most = file, most
        self.size = file.seek(0, 2)
        self.seek, self.tell, self.close = file.seek, file.tell, file.close
        file.seek(0)

    def read(self, size: int = -1) -> bytes:
        size = self.size - self._file.tell() if size < 0 else size
        if size > max(self._most, 2**20):
            raise TooMuch(
                "the list of members at its end is too large, so nothing of it is kept; if you trust it: --set archive.most_members=NUMBER"
            )
        return self._file.read(size)

    def seekable(self) -> bool:
        return True


class _Renamed(_Bounded):
    """The same, with names that are marked as UTF-8 and are none marked as what they are in the list at the end."""

    def read(self, size: int = -1) -> bytes:
        data = bytearray(super().read(size))
        at = 0
        while data.startswith(b"PK\1\2", at) and at + 46 <= len(data):
            flags, name, extra, comment = struct.unpack_from("<8xH18xHHH", data, at)
            flags &= ~_NO_UTF8
            if flags & _UTF8 and not _is_utf8(data[at + 46 : at + 46 + name]):
                flags = flags & ~_UTF8 | _NO_UTF8
            struct.pack_into("<H", data, at + 8, flags)
            at += 46 + name + extra + comment
        return bytes(data)


def _is_renamed(file: object) -> bool:
    return isinstance(file, _Renamed)  # zipfile's types know no such file


def _is_utf8(data: bytearray) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
