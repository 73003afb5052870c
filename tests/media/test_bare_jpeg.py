"""The short way for bare JPEG pictures: it says what the full decoder says, or leaves the file to it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from trainset.media import image
from trainset.media.bare_jpeg import decode_bare
from trainset.media.undecodable import Undecodable

MOST = 10_000


def jpeg(mode: str = "RGB", size: tuple[int, int] = (24, 16), **how: object) -> bytes:
    draw = np.random.default_rng(size[0])
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    pixels = np.kron(
        draw.integers(0, 255, (2, 2, *shape[2:]), np.uint8),
        np.ones((shape[0] // 2, shape[1] // 2, *[1] * (len(shape) - 2)), np.uint8),
    )
    target = io.BytesIO()
    Pillow.fromarray(pixels).save(target, "JPEG", **how)
    return target.getvalue()


def flat() -> bytes:
    target = io.BytesIO()
    Pillow.new("RGB", (20, 20), (200, 30, 30)).save(target, "JPEG")
    return target.getvalue()


PLAIN = {
    "colour": jpeg(), "grey": jpeg("L"), "best": jpeg(quality=100, subsampling=0), "own tables": jpeg(optimize=True),
}  # fmt: skip
OTHERS = {
    "several scans": jpeg(progressive=True), "a comment": jpeg(comment=b"who sees this"), "restarts": jpeg(restart_marker_blocks=1),
    "metadata": jpeg(exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"), "something behind": jpeg() + b"PK\x03\x04", "no end": jpeg()[:-2],
    "cut off": jpeg(quality=95)[:-40] + b"\xff\xd9", "nothing": b"", "a header": jpeg()[:30], "one colour": flat(),
}  # fmt: skip


def long_way(data: bytes, monkeypatch: pytest.MonkeyPatch) -> object:
    with monkeypatch.context() as patched:
        patched.setattr(image, "decode_bare", lambda data, most: None)
        try:
            return image.decode_image(data)
        except Undecodable as fault:
            return str(fault)


@pytest.mark.parametrize("data", PLAIN.values(), ids=PLAIN)
def test_a_plain_picture_is_the_same_both_ways(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    found = decode_bare(data, MOST)
    assert found is not None
    expected = long_way(data, monkeypatch)
    assert isinstance(expected, image.Image)
    assert np.array_equal(found[0], expected.pixels)
    assert found[1] == expected.facts
    assert expected.remarks == ()


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
def test_whatever_is_not_plain_is_left_to_the_full_decoder(data: bytes) -> None:
    assert decode_bare(data, MOST) is None


def test_a_picture_above_the_limit_is_left_to_the_full_decoder_which_refuses_it() -> None:
    assert decode_bare(PLAIN["colour"], 24 * 16) is not None
    assert decode_bare(PLAIN["colour"], 24 * 16 - 1) is None


@given(
    st.sampled_from(sorted(PLAIN)),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=4),
    st.integers(0, 30),
)
def test_damaged_pictures_are_the_same_both_ways(name: str, changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(PLAIN[name])
    for place, value in changes:
        data[place % len(data)] = value
    damaged = bytes(data[: len(data) - cut])
    found = decode_bare(damaged, MOST)
    if found is not None:
        with pytest.MonkeyPatch.context() as patched:
            expected = long_way(damaged, patched)
        assert isinstance(expected, image.Image)
        assert np.array_equal(found[0], expected.pixels)
        assert found[1] == expected.facts
        assert expected.remarks == ()
