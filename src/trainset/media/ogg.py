"""The pages of an Ogg file: whether they are whole, and how long the recording in them is (RFC 3533)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

_MOST_PAGES = 1_000_000
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(slots=True)
class Pages:
    """What the pages say. cut: no page says that it is the last one. damaged: pages whose checksum is wrong. recordings: how many
    follow one another. granule: position after the last whole page of the first recording (for Vorbis in frames)."""

    cut: bool = True
    damaged: int = 0
    recordings: int = 0
    granule: int = 0


def read_ogg(data: bytes) -> Pages:
    """Walks the pages; what is no page ends the walk."""
    pages, at, first, ended = Pages(), 0, b"", False
    for _ in range(_MOST_PAGES):
        count = data[at + 26] if len(data) >= at + 27 else 0
        segments = data[at + 27 : at + 27 + count]
        after = at + 27 + len(segments) + sum(segments)
        if data[at : at + 4] != b"OggS" or len(segments) < count or after > len(data):
            break
        flags, serial = data[at + 5], data[at + 14 : at + 18]
        if flags & 2 and (ended or not pages.recordings):
            pages.recordings += 1
            first, ended = first or serial, False
        if _checksum(data[at : at + 22] + b"\0\0\0\0" + data[at + 26 : after]) != int.from_bytes(
            data[at + 22 : at + 26], "little"
        ):
            pages.damaged += 1
        granule = int.from_bytes(data[at + 6 : at + 14], "little", signed=True)
        if serial == first and pages.recordings == 1 and granule > 0:
            pages.granule = max(pages.granule, granule)
        pages.cut, ended, at = not flags & 4, ended or bool(flags & 4), after
    return pages


def _checksum(page: bytes) -> int:
    """CRC-32 of the polynomial 0x04c11db7, bits from the left: the common one of the page with each byte's bits turned round."""
    turned = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{turned:032b}"[::-1], 2)
