"""The lines of a text file, decoded, of bounded length: what CSV, JSON lines and plain lists are read from."""

from __future__ import annotations

import codecs
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from trainset.errors import BadValue
from trainset.model import Outcome

LONGEST = 10_000_000
"""Characters a line, and a row, may have: far above any text, far below the memory."""

_BLOCK = 1 << 20  # bytes read at a time
_GUESS_FROM = 1 << 16  # bytes an encoding is guessed from
_FEW = 20  # letters beyond ASCII below which a guess is a gamble
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip  # the mark of UTF-32 begins with that of UTF-16: it comes first


class NotATable(Exception):
    """The file as a whole is one bad file. reason: what, where, expected, got, what to do."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


class Lines:
    """The lines of one file, with their line ends (LF, CR LF or CR), in blocks of about a megabyte.

    remarks: about the file as a whole. has_nul: whether a block given so far holds a NUL. number: lines in the blocks
    given so far. characters: their length. Raises `NotATable` for what is no text in its encoding, and for a line above
    `LONGEST`; `BadValue` for an encoding that does not exist.
    """

    def __init__(self, path: Path, encoding: str = "", *, setting: str = "csv.encoding") -> None:
        self._path, self._setting = path, setting
        self._chosen = _codec(encoding) if encoding else ""
        self.remarks: tuple[str, ...] = ()
        self.has_nul = False
        self.number = self.characters = 0

    def __iter__(self) -> Iterator[str]:
        for block in self.blocks():
            yield from block

    def blocks(self) -> Iterator[list[str]]:
        """The lines in lists, none of them empty."""
        with _open(self._path) as file:
            encoding = self._chosen or self._recognised(file)
            decoder, at, first, carry = codecs.getincrementaldecoder(encoding)(), file.tell(), True, ""
            while True:
                data = file.read(_BLOCK)
                held = len(decoder.getstate()[0])
                try:
                    text = decoder.decode(data, final=not data)
                    if self._chosen:
                        text.encode()  # some codecs make halves of characters, which no table can hold
                except UnicodeError as error:
                    raise self._undecodable(error, encoding, at - held, carry) from None
                at += len(data)
                if first and text:
                    text, first = text.removeprefix("\ufeff"), False
                self.has_nul = self.has_nul or "\0" in text
                lines = io.StringIO(carry + text, newline="").readlines()
                carry = lines.pop() if data and lines and not lines[-1].endswith("\n") else ""  # CR: an LF may follow
                if len(carry) > LONGEST or (lines and len(lines[0]) > LONGEST):
                    line = self.number + (1 if not lines or len(lines[0]) > LONGEST else 1 + len(lines))
                    raise NotATable(
                        Outcome.TOO_LARGE, f"line {line} is longer than {LONGEST:,} characters, which is the limit"
                    )
                if lines:
                    self.number += len(lines)
                    self.characters += len(text)
                    yield lines
                if not data:
                    return

    def _recognised(self, file: BinaryIO) -> str:
        """The encoding by its byte order mark, else UTF-8; the file stands behind the mark."""
        head = file.read(1000)
        if not head:
            raise NotATable(Outcome.EMPTY, "this file has 0 bytes")
        for mark, encoding in _MARKS:
            if head.startswith(mark):
                file.seek(len(mark))
                if encoding != "utf-8":
                    self.remarks = (f"not UTF-8: read as {encoding[:6].upper()}",)
                return encoding
        file.seek(0)
        for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if head[offset::2].count(0) > len(head) / 8 and not head[1 - offset :: 2].count(0):
                raise NotATable(
                    Outcome.UNREADABLE,
                    f"byte {head.index(0)} is a NUL, and so is every other byte: this looks like UTF-16 without a byte order "
                    f"mark, expected UTF-8; save it as UTF-8 or pass --set {self._setting}={encoding}",
                )
        return "utf-8"

    def _undecodable(self, error: UnicodeError, encoding: str, at: int, carry: str) -> NotATable:
        if not isinstance(error, UnicodeDecodeError):
            return NotATable(Outcome.UNREADABLE, f"this file is no {encoding.upper()}: {error}")
        before = carry + error.object[: error.start].decode(encoding, "ignore")
        line = self.number + len(io.StringIO(before + "x", newline="").readlines())
        place = f"byte {at + error.start:,} (line {line:,})"
        if error.reason == "unexpected end of data":
            what = f"the file ends at {place} inside a character: it was cut off, get it whole"
            return NotATable(Outcome.UNREADABLE, what)
        wrong = f"{place} is no {encoding.upper()}: 0x{error.object[error.start]:02x}"
        return NotATable(Outcome.UNREADABLE, f"{wrong}; {self._advice(error)}")

    def _advice(self, error: UnicodeDecodeError) -> str:
        start = max(0, error.start - _GUESS_FROM // 2)
        sample = bytes(error.object[start : start + _GUESS_FROM])
        if self._chosen:
            return f"leave --set {self._setting} out or name another encoding"
        if not sample.decode("utf-8", "ignore").isascii():
            return (
                "other letters of the file are UTF-8: these bytes are damaged, get the file again or repair that line"
            )
        if sum(byte > 127 for byte in sample) < _FEW and b"\0" not in sample:
            return f"too few letters to tell what it is, perhaps cp1252: save it as UTF-8 or pass --set {self._setting}=cp1252"
        from charset_normalizer import from_bytes

        best = from_bytes(sample).best()
        if best is None or b"\0" in sample:
            return "this looks like no text at all, expected UTF-8"
        names = [best.encoding, *best.could_be_from_charset]
        guess = "cp1252" if "cp1252" in names else best.encoding
        return f"the bytes look like {guess}: save the file as UTF-8 or pass --set {self._setting}={guess}"


def _open(path: Path) -> BinaryIO:
    """A regular file, for reading: a pipe or device would never end."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise NotATable(Outcome.UNREADABLE, f"this file cannot be opened: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotATable(Outcome.UNSAFE, "this is no regular file but a device, pipe, socket or folder")
    return os.fdopen(descriptor, "rb")


def _codec(name: str) -> str:
    try:
        codec = codecs.lookup(name)
        "x".encode(name)  # refuses what turns bytes into bytes
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError):
        raise BadValue(
            "there is no such text encoding", expected="a name such as utf-8, cp1252 or shift_jis", got=repr(name)
        ) from None
    return codec.name
