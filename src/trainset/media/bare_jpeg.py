"""Bare JPEG pictures, as training sets have them by the hundred thousand: one header, one scan, an end, and nothing else.

The files of one program begin alike, byte for byte: what a header says is read once and kept. Whatever is not as plain as
that, or could be damaged, is left to the full decoder.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.media.jpeg import END, GREY, plain_size, read_layout
from trainset.media.rgb import is_constant
from trainset.media.strict_jpeg import decode_strictly
from trainset.media.undecodable import Undecodable

MORE_THAN_A_PICTURE = re.compile(rb"\xff[\xe1-\xef\xfe]")
"""Application data and comments; picture data never hold these pairs."""


def decode_bare(data: bytes, most_pixels: int) -> tuple[NDArray[np.uint8], dict[str, Any]] | None:
    """(h, w, 3) uint8 pixels and the facts of a bare JPEG that is surely whole; None for every other file."""
    at = data.find(_SCAN) + 2
    begin = at + int.from_bytes(data[at : at + 2], "big")
    if at < 2 or at > _LONGEST_HEADER:
        return None
    header = _header(data[:begin])
    found = _MARKER.search(data, begin) if header is not None else None
    if header is None or found is None or found.end() != len(data) or not data.endswith(END):
        return None
    mode, width, height = header
    if width * height > most_pixels:
        return None
    pixels = decode_strictly(data, width, height)
    if (
        pixels is None or pixels[-1, -1].tobytes() == GREY or is_constant(pixels)
    ):  # damaged, cut off, or to be remarked on
        return None
    facts = {"format": "JPEG", "bytes": len(data), "width": width, "height": height}
    return pixels, facts | {"mode": mode, "channels": len(mode), "bits": 8, "frames": 1}


_SCAN = b"\xff\xda"
_MARKER = re.compile(rb"\xff[\x01-\xfe]")
_LONGEST_HEADER = 4096


@lru_cache(maxsize=128)
def _header(header: bytes) -> tuple[str, int, int] | None:
    """Mode, width and height when these bytes, up to the first picture data, are the header of a bare JPEG."""
    try:
        layout = read_layout(header + END)
    except Undecodable:
        return None
    size = plain_size(layout)
    restarts = b"\xff\xdd" in header
    if (
        size is None
        or layout.scan != len(header)
        or layout.scans != 1
        or restarts
        or MORE_THAN_A_PICTURE.search(header)
    ):
        return None
    return "L" if layout.frame[3] == 1 else "RGB", *size
