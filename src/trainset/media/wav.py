"""The headers of WAV, AIFF and AU recordings: what they contradict, and how much of what they declare is there."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from trainset.media.undecodable import Undecodable
from trainset.model import Outcome

LENGTH_UNKNOWN = "header damaged: it does not say how long the recording is"


@dataclass(slots=True)
class Header:
    """`data` is what the decoder gets: the file, or the file with its sizes put right."""

    data: bytes
    there: float = 1.0
    """Share of the declared samples that the file holds, 0 to 1."""
    remarks: list[str] = field(default_factory=list)


def read_wav(data: bytes) -> Header:
    """Checks a RIFF, RIFX or RF64 file. Raises `Undecodable` when its header makes no sense."""
    order = ">" if data[:4] == b"RIFX" else "<"
    declared64 = align = 0
    for name, start, size in _chunks(data, order):
        if name == b"ds64" and len(data) >= start + 16:
            (declared64,) = struct.unpack_from(order + "Q", data, start + 8)
        elif name == b"fmt ":
            align = _check_format(data[start : start + size], order)
        elif name == b"data":
            if not align:
                break
            declared = declared64 if size == _UNKNOWN and declared64 else size
            return _sized(data, order, start, declared, align)
    missing = "format" if not align else "data"
    if len(data) <= 44:
        raise Undecodable(Outcome.TRUNCATED, f"this WAV recording ends before its {missing} chunk")
    raise Undecodable(Outcome.UNREADABLE, f"this WAV recording has no {missing} chunk before its samples")


def read_aiff(data: bytes) -> Header:
    """Compares the size of the sound chunk of an AIFF file with what is there."""
    for name, start, size in _chunks(data, ">"):
        if name == b"SSND":
            return Header(data, _share(len(data) - start, size))
    raise Undecodable(Outcome.UNREADABLE, "this AIFF recording has no sound chunk")


def read_au(data: bytes) -> Header:
    """Compares the size in the header of an AU file with what is there."""
    start, size = struct.unpack_from(">II", data.ljust(12, b"\0"), 4)
    return Header(data, 1.0 if size == _UNKNOWN else _share(len(data) - start, size))


_UNKNOWN = 0xFFFFFFFF
_PLACEHOLDER = 0x7FFF0000
"""Sizes from here on stand for "not known yet": programs that record or stream write 2 GB or 4 GB less a little."""
_MOST_CHUNKS = 100_000
_CODINGS = {0x01: "PCM", 0x02: "MS ADPCM", 0x03: "float", 0x06: "A-law", 0x07: "mu-law", 0x11: "IMA ADPCM", 0x31: "GSM"}
_EXTENSIBLE = 0xFFFE


def _chunks(data: bytes, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Name, offset and declared size of each chunk of a RIFF or IFF file."""
    at = 12
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(data):
            return
        name, size = struct.unpack_from(order + "4sI", data, at)
        yield name, at + 8, size
        at += 8 + size + size % 2


def _check_format(body: bytes, order: str) -> int:
    """The bytes of one block of samples, after checking that the format chunk makes sense."""
    if len(body) < 16:
        raise Undecodable(Outcome.UNREADABLE, "the format chunk of this WAV recording is too short")
    tag, channels, rate, _, align, bits = struct.unpack_from(order + "HHIIHH", body)
    if tag == _EXTENSIBLE and len(body) >= 26:
        (tag,) = struct.unpack_from(order + "H", body, 24)
    if tag not in _CODINGS:
        raise Undecodable(
            Outcome.UNSUPPORTED, f"the samples of this WAV recording are coded in a way not known (0x{tag:04X})"
        )
    for name, value in (("channels", channels), ("sample rate", rate), ("block size", align)):
        if not value:
            raise Undecodable(Outcome.UNREADABLE, f"this WAV recording declares {name} of 0")
    if tag in (0x01, 0x03):
        if not bits:
            raise Undecodable(Outcome.UNREADABLE, "this WAV recording declares samples of 0 bits")
        if align != channels * ((bits + 7) // 8):
            reason = f"this WAV recording contradicts itself: blocks of {align} bytes for {channels} x {bits} bits"
            raise Undecodable(Outcome.UNREADABLE, reason)
    return int(align)


def _sized(data: bytes, order: str, start: int, declared: int, align: int) -> Header:
    available = len(data) - start
    if declared == 0:
        if available < align or _only_chunks(data, order, start):
            raise Undecodable(Outcome.EMPTY, "this WAV recording holds no samples")
        size = available - available % align
        head = (
            data[:4] + struct.pack(order + "I", start + size - 8) + data[8 : start - 4] + struct.pack(order + "I", size)
        )
        header = Header(head + memoryview(data)[start:])
        header.remarks.append("header damaged: it says 0 bytes of samples, all that follow are used")
        declared = available
    elif declared >= _PLACEHOLDER and available < declared:
        header = Header(data, remarks=[LENGTH_UNKNOWN])
        declared = available
    else:
        header = Header(data, _share(available, declared))
    if header.there == 1 and (extra := declared % align):
        header.remarks.append(f"incomplete last sample: {extra} of {align} bytes")
    return header


def _only_chunks(data: bytes, order: str, start: int) -> bool:
    """Whether what follows is a row of further chunks up to the end of the file, so not samples."""
    at = start
    while at + 8 <= len(data):
        name, size = struct.unpack_from(order + "4sI", data, at)
        if not name.isascii() or not name.decode("ascii").isprintable():
            return False
        at += 8 + size + size % 2
    return at in (len(data), len(data) + 1)


def _share(available: int, declared: int) -> float:
    return min(1.0, max(0, available) / declared) if declared else 1.0
