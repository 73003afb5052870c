from __future__ import annotations

import struct

import pytest

from trainset.media.exif import Exif, read_exif


def block(*entries: tuple[int, int, int, bytes], order: str = "<", tail: bytes = b"") -> bytes:
    head = b"II*\0" if order == "<" else b"MM\0*"
    body = b"".join(struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in entries)
    return head + struct.pack(order + "IH", 8, len(entries)) + body + b"\0\0\0\0" + tail


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_orientation_is_read_in_both_byte_orders(order: str) -> None:
    entry = (0x0112, 3, 1, struct.pack(order + "HH", 6, 0))
    assert read_exif(block(entry, order=order)) == Exif(orientation=6)


def test_a_position_is_seen_only_with_latitude_and_longitude() -> None:
    place = struct.pack("<H", 2) + b"".join(struct.pack("<HHI4s", tag, 2, 1, b"N\0\0\0") for tag in (2, 4))
    pointer = (0x8825, 4, 1, struct.pack("<I", 26))
    assert read_exif(block(pointer, tail=place)) == Exif(gps=True)
    assert read_exif(block(pointer, tail=place.replace(b"\4\0\2\0", b"\5\0\2\0"))) == Exif()


@pytest.mark.parametrize(
    "data", [b"", b"II*\0", b"garbage that is no EXIF", b"II*\0\xff\xff\xff\xff", block()[:8] + b"\xff\xff"]
)
def test_a_broken_block_is_damaged_and_never_raises(data: bytes) -> None:
    assert read_exif(data) == Exif(damaged=True)


def test_a_value_outside_of_the_block_is_damage_but_keeps_the_orientation() -> None:
    entries = ((0x010F, 2, 99, struct.pack("<I", 5000)), (0x0112, 3, 1, b"\x03\0\0\0"))
    assert read_exif(block(*entries)) == Exif(orientation=3, damaged=True)
