"""What is packed with gzip, bzip2 or xz, as a stream that goes forward only, in bounded memory."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from trainset.formats._room import PIECE, Broken, Room
from trainset.model import Outcome

_PIECE = 64 * 2**10
_MEMORY = 128 * 2**20  # of the xz decoder: its strongest preset takes 65 MB
_FAULTS = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)

KINDS: dict[bytes, tuple[str, Callable[[], Any]]] = {
    b"\x1f\x8b": ("gzip", lambda: _Gzip()),
    b"BZh": ("bzip2", bz2.BZ2Decompressor),
    b"\xfd7zXZ\x00": ("xz", lambda: lzma.LZMADecompressor(memlimit=_MEMORY)),
}
"""First bytes -> name and decompressor."""


class Inflated:
    """The unpacked bytes of a file, or the file itself when it is not packed. Raises `Broken`, `TooMuch`."""

    def __init__(self, file: BinaryIO, room: Room) -> None:
        self._file, self._room = file, room
        head = file.read(6)
        file.seek(0)
        found = next((kind for magic, kind in KINDS.items() if head.startswith(magic)), ("", _nothing))
        self.kind: str = found[0]
        self._new: Callable[[], Any] = found[1]
        self._decoder: Any = self._new()
        self._packed, self._held, self._at, self._taken = b"", b"", 0, 0
        self.room_left = -1  # bytes that may still be read; below zero: any number

    @property
    def packed(self) -> int:
        """How many bytes of the file were taken, at most."""
        return self._file.tell() if self._decoder is not None else self._at

    def tell(self) -> int:
        """How far it is."""
        return self._at

    def seek(self, place: int) -> None:
        """Goes forward. Raises `Broken` when that would be backward: then what is read lies about its sizes."""
        if place < self._at:
            raise Broken(Outcome.UNREADABLE, "it is damaged: a size in it is below zero")
        if self._decoder is None:
            self._file.seek(place)
            self._at = place
            return
        limit, self.room_left = self.room_left, -1
        while self._at < place:
            skipped = len(self.read(min(_PIECE, place - self._at)))
            if not skipped:
                break
            self._room.take(skipped)
        self.room_left = limit

    def read(self, size: int) -> bytes:
        """The next bytes, fewer only at the end."""
        if self.room_left >= 0:
            if size > self.room_left:
                raise Broken(Outcome.TOO_LARGE, "what it says of its next member is too long")
            self.room_left -= size
        pieces = []
        while size > 0 and (piece := self._some(size)):
            pieces.append(piece)
            size -= len(piece)
            self._at += len(piece)
        return b"".join(pieces)

    def _some(self, size: int) -> bytes:
        if self._decoder is None:
            return self._file.read(min(size, 2**20))
        if not self._held:
            self._held = self._unpacked()
        piece, self._held = self._held[:size], self._held[size:]
        return piece

    def _unpacked(self) -> bytes:
        """Some more bytes; none at the end. Several streams one after the other are one, zeros behind them are padding."""
        while self._decoder is not None:
            if self._decoder.eof:
                rest = self._decoder.unused_data.lstrip(b"\0")
                rest = rest or self._file.read(PIECE).lstrip(b"\0")
                if not rest:
                    return b""
                self._decoder, self._packed = self._new(), rest
            elif not self._packed and self._decoder.needs_input:
                self._packed = self._file.read(PIECE)
                if not self._packed:
                    raise Broken(Outcome.TRUNCATED, f"it is cut off: the end of the {self.kind} is missing")
            try:
                data: bytes = self._decoder.decompress(self._packed, _PIECE)
            except MemoryError:
                raise Broken(Outcome.TOO_LARGE, f"its {self.kind} needs too much memory") from None
            except _FAULTS as error:
                if "memory" in str(error).lower():
                    raise Broken(Outcome.TOO_LARGE, f"its {self.kind} needs too much memory") from None
                raise Broken(Outcome.UNREADABLE, f"its {self.kind} is damaged: {error}") from None
            self._packed = b""
            self._taken += len(data)
            self._room.check_ratio(self.packed, self._taken)
            if data:
                return data
        return b""


def _nothing() -> None:
    """In place of a decompressor: the file is not packed."""


class _Gzip:
    """zlib's decompressor with the manners of those of bz2 and lzma."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    def decompress(self, data: bytes, most: int) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, most)
