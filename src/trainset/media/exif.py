"""What trainset wants to know of an EXIF block: how the picture is to be turned, and whether it tells a place."""

from __future__ import annotations

import struct
from dataclasses import dataclass

ORIENTATION, GPS = 0x0112, 0x8825


@dataclass(frozen=True, slots=True)
class Exif:
    """`orientation` is the number as stored (1 to 8 have a meaning), None when there is none."""

    orientation: int | None = None
    gps: bool = False
    damaged: bool = False


def read_exif(block: bytes) -> Exif:
    """Reads the first directory of an EXIF block (a TIFF header and what follows). Never raises."""
    try:
        order = {b"II*\0": "<", b"MM\0*": ">"}[block[:4]]
        tags, damaged = _directory(block, order, *struct.unpack_from(order + "I", block, 4))
        orientation = struct.unpack_from(order + "H", tags[ORIENTATION])[0] if ORIENTATION in tags else None
        gps = False
        if GPS in tags:
            places, gps_damaged = _directory(block, order, *struct.unpack(order + "I", tags[GPS]))
            gps, damaged = 2 in places and 4 in places, damaged or gps_damaged  # latitude and longitude
    except (KeyError, struct.error):
        return Exif(damaged=True)
    return Exif(orientation, gps, damaged)


_SIZES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4)
"""Bytes of one value of each TIFF field type, 1 to 13."""


def _directory(block: bytes, order: str, offset: int) -> tuple[dict[int, bytes], bool]:
    """Tag -> its four bytes of value or offset; and whether a value lies outside of the block."""
    (count,) = struct.unpack_from(order + "H", block, offset)
    tags: dict[int, bytes] = {}
    damaged = False
    for at in range(offset + 2, offset + 2 + 12 * count, 12):
        tag, kind, number, value = struct.unpack_from(order + "HHI4s", block, at)
        size = number * _SIZES[kind] if 0 < kind < len(_SIZES) else 0
        damaged |= size > 4 and struct.unpack(order + "I", value)[0] + size > len(block)
        tags.setdefault(tag, value)
    return tags, damaged
