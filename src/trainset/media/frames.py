"""How many pictures a GIF or TIFF holds and how large a WebP is, from their structure alone, without decoding."""

from __future__ import annotations

import struct

MOST = 10_000
"""Counting stops here."""


def gif_frames(data: bytes) -> tuple[int, bool]:
    """Number of frames, and whether the GIF goes on to its end mark (GIF89a specification)."""
    frames, at = 0, 13 + _colours(data[10:11])
    while frames < MOST:
        block = data[at : at + 1]
        if block == b",":
            frames += 1
            at += 11 + _colours(data[at + 9 : at + 10])  # descriptor, colours, code size
        elif block == b"!":
            at += 2
        else:
            return frames, block == b";"
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    return frames, True


def tiff_pages(data: bytes) -> tuple[int, bool]:
    """Number of pages, and whether their chain goes on to its end (directories of TIFF 6.0, section 2; BigTIFF)."""
    order = "<" if data[:2] == b"II" else ">"
    head, count, step, link = ("Q", "Q", 20, 8) if data[2:4] in (b"+\0", b"\0+") else ("I", "H", 12, 4)
    seen: set[int] = set()
    try:
        (at,) = struct.unpack_from(order + head, data, link)
        while at and at not in seen and len(seen) < MOST:
            (entries,) = struct.unpack_from(order + count, data, at)
            seen.add(at)
            (at,) = struct.unpack_from(order + head, data, at + struct.calcsize(order + count) + step * entries)
    except (struct.error, OverflowError):
        return len(seen), False
    return len(seen), True


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height of the canvas; (0, 0) when there is no header (RFC 9649)."""
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        return 0, 0
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L":
        packed = int.from_bytes(body[1:5], "little")
        return 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


def _colours(flags: bytes) -> int:
    """Bytes of the colour table that a flag byte announces."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0
