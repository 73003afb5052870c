"""Where a JPEG begins, goes on and ends, and how much of its picture is really there (ITU-T T.81, annex B).

Most decoders paint what is missing grey and say nothing, so the structure is read here. Whether the picture data themselves were
changed, the strict decoder tells (`strict_jpeg`) unless the code found its feet again: then only their look tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainset.media.undecodable import Undecodable
from trainset.model import Outcome

END = b"\xff\xd9"
GREY = b"\x80\x80\x80"
"""What the decoder paints where it has no data."""


@dataclass(slots=True)
class Layout:
    """The parts of one JPEG file."""

    end: int = 0
    """Offset after the end marker; 0 when there is none."""
    scan: int = 0
    """Offset of the first picture data; 0 when there are none."""
    scans: int = 0
    whole: bool = False
    """Whether every coefficient of every component has its scan."""
    stray: int = 0
    """Offset of a marker inside picture data where none may be; 0 when there is none."""
    exif: bytes = b""
    """The EXIF block, from its TIFF header on."""
    frame: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Bits, height, width and number of components, of the frame header; zeros unless there is exactly one."""
    several: bool = False
    """Whether the file announces further pictures behind the first, as phones write them (CIPA DC-007)."""


def read_layout(data: bytes) -> Layout:
    """The structure of a JPEG that begins with its start marker. Raises `Undecodable` for hostile ones."""
    layout = Layout()
    covered: dict[int, int] = {}  # component -> bit k is set when coefficient k is there at full precision
    between = _MARKER
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if data[at : at + 1] != b"\xff" or data[at + 1 : at + 2] not in _SEGMENTS:  # nearly always it stands right here
            found = _SEGMENT.search(data, at)
            if found is None:
                return layout
            at = found.start()
        marker = data[at + 1]
        if marker == 0xD9:
            layout.end = at + 2
            return layout
        body, after = at + 4, at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xE1 and data[body : body + 6] == b"Exif\0\0" and not layout.exif:
            layout.exif = data[body + 6 : after]
        elif marker == 0xE2 and data[body : body + 4] == b"MPF\0":
            layout.several = True
        elif marker == 0xDD and data[body : body + 2] != b"\0\0":
            between = _MARKER_OR_RESTART
        elif marker in _FRAMES:
            layout.frame = _frame(data[body:after]) if not covered else (0, 0, 0, 0)
            covered = dict.fromkeys(data[body + 6 : after : 3], 0)
        elif marker == 0xDA:
            layout.scans += 1
            layout.scan = layout.scan or after
            _cover(covered, data[body:after])
            layout.whole = bool(covered) and all(bits == _ALL for bits in covered.values())
            begin = after
            found = between.search(data, after)
            after = found.start() if found else len(data)  # then the next turn ends it
            if found and data[after + 1] not in (_AFTER_ONLY if layout.whole and layout.scans == 1 else _AFTER_SCAN):
                layout.stray = layout.stray or after
                after = max(after, data.find(END, after))
            if between is _MARKER_OR_RESTART and not _in_order(data[begin:after]):
                layout.stray = layout.stray or begin
        at = after
        if layout.scans > _MOST_SCANS:
            break
    raise Undecodable(Outcome.UNREADABLE, "this JPEG picture has more parts than any camera or program writes")


def missing_share(data: bytes, end: int, decode: Callable[[bytes], NDArray[np.uint8]]) -> float:
    """Share of the picture, 0 to 1, for which the data before `end` hold nothing.

    Bytes appended to complete picture data change nothing. So the picture is decoded with other bytes behind: it is
    missing from the first pixel on that differs.
    """
    known = data[:end].rstrip(b"\xff")
    a, b = decode(known + END), decode(known + _JUNK + END)
    differs = (a != b).any(axis=2)
    rows = np.flatnonzero(differs.any(axis=1))
    if not len(rows):
        return 0.0
    height, width = differs.shape
    band = differs[rows[0] : rows[0] + 16]  # one row of blocks
    column = int(np.flatnonzero(band.any(axis=0))[0])
    return 1.0 - float(int(rows[0]) * width + column * len(band)) / float(height * width)


def plain_size(layout: Layout) -> tuple[int, int] | None:
    """(width, height) of a complete, undamaged grey or RGB picture of 8 bits; None for every other JPEG."""
    bits, height, width, components = layout.frame
    whole = layout.end and layout.whole and not layout.stray
    return (width, height) if whole and bits == 8 and components in (1, 3) and width and height else None


def _frame(header: bytes) -> tuple[int, int, int, int]:
    if len(header) < 6:
        return (0, 0, 0, 0)
    return header[0], header[1] << 8 | header[2], header[3] << 8 | header[4], header[5]


_MOST_SEGMENTS, _MOST_SCANS = 20_000, 200
_SEGMENT = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")
_SEGMENTS = frozenset(bytes([code]) for code in (*range(0x02, 0xD0), *range(0xD9, 0xFF)))
_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC9, 0xCA))
_AFTER_SCAN = frozenset((0xC4, 0xDA, 0xDB, 0xDC, 0xDD, 0xFE, 0xD9, *range(0xE0, 0xF0)))
_AFTER_ONLY = frozenset((0xD9, 0xDC, 0xFE))
_MARKER = re.compile(rb"\xff[\x01-\xfe]")
_MARKER_OR_RESTART = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_ALL = (1 << 64) - 1
_JUNK = bytes(range(1, 255)) * 16


_RESTARTS = re.compile(rb"\xff([\xd0-\xd7])")


def _in_order(scan: bytes) -> bool:
    """Whether restart markers count from 0 to 7 round and round: a gap means that picture data were taken out."""
    found = np.frombuffer(b"".join(_RESTARTS.findall(scan)), np.uint8).astype(np.int64) - 0xD0
    return bool((found == np.arange(len(found)) % 8).all())


def _cover(covered: dict[int, int], header: bytes) -> None:
    """Notes what a scan brings; `header` is the scan header from its number of components on."""
    if not header or len(header) < 4 + 2 * header[0]:
        return
    first, last, low = header[-3], header[-2], header[-1] & 15
    if low == 0 and first <= last < 64:
        for component in header[1 : 1 + 2 * header[0] : 2]:
            covered[component] = covered.get(component, 0) | ((1 << (last - first + 1)) - 1) << first
