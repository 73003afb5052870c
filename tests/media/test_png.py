from __future__ import annotations

import zlib

import numpy as np
import pytest

from trainset.media.image import decode_image
from trainset.media.undecodable import Undecodable
from trainset.model import Outcome

from .inputs import chunk, colours, picture, png

ROWS = b"".join(b"\0" + bytes([row * 3] * 8) for row in range(16))


def outcome_of(data: bytes) -> Outcome:
    with pytest.raises(Undecodable) as refused:
        decode_image(data)
    return refused.value.outcome


def test_a_whole_png_has_no_remark() -> None:
    image = decode_image(png(8, 16, ROWS))
    assert image.remarks == ()
    assert image.pixels[5, 0].tolist() == [15, 15, 15]


@pytest.mark.parametrize("rows", [0, 5, 15])
def test_too_few_rows_are_truncated(rows: int) -> None:
    assert outcome_of(png(8, 16, ROWS[: rows * 9])) is Outcome.TRUNCATED


def test_rows_that_are_black_are_rows() -> None:
    assert decode_image(png(8, 16, ROWS[: 9 * 10] + bytes(9 * 6))).remarks == ()


def test_a_missing_pass_of_an_interlaced_png_is_truncated() -> None:
    whole = b"".join(
        (b"\0" + b"\x40" * width) * height for width, height in ((1, 2), (1, 2), (2, 2), (2, 4), (4, 4), (4, 8), (8, 8))
    )
    assert decode_image(png(8, 16, whole, interlaced=True)).pixels.max() == 0x40
    assert outcome_of(png(8, 16, whole[:-9], interlaced=True)) is Outcome.TRUNCATED


@pytest.mark.parametrize("percent", [10, 30, 50, 70, 90, 98])
def test_a_png_cut_in_its_pixels_is_truncated(percent: int) -> None:
    data = picture("PNG", colours(100, 100))
    assert outcome_of(data[: len(data) * percent // 100]) is Outcome.TRUNCATED


def test_a_png_without_end_is_decoded_with_a_remark() -> None:
    (remark,) = decode_image(png(8, 16, ROWS)[:-12]).remarks
    assert remark.startswith("partly decoded")


def test_a_wrong_checksum_of_pixels_is_unreadable_and_of_a_text_a_remark() -> None:
    good = png(8, 16, ROWS)
    at = good.index(b"IDAT")
    assert outcome_of(good[: at - 4] + good[at - 4 : -16] + b"\0\0\0\0" + good[-12:]) is Outcome.UNREADABLE
    text = chunk(b"tEXt", b"a\0b")
    (remark,) = decode_image(png(8, 16, ROWS, text[:-1] + b"\0")).remarks
    assert remark.startswith("metadata damaged")


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
def test_a_text_bomb_is_ignored_with_a_remark(kind: bytes) -> None:
    bomb = zlib.compress(bytes(50_000_000))
    head = b"key\0\0" if kind == b"zTXt" else b"key\0\1\0en\0key\0"
    image = decode_image(png(8, 16, ROWS, chunk(kind, head + bomb)))
    assert image.remarks == ("metadata ignored: a compressed text of more than 1 MB",)
    assert image.pixels.shape == (16, 8, 3)


def test_an_ordinary_text_is_no_remark() -> None:
    assert decode_image(png(8, 16, ROWS, chunk(b"zTXt", b"key\0\0" + zlib.compress(b"hello")))).remarks == ()


def test_pixel_data_that_inflate_without_end_cost_no_memory() -> None:
    data = png(8, 16, bytes(200_000_000))
    assert decode_image(data).remarks == ("every pixel is the same",)


def test_an_unknown_necessary_part_is_unsupported() -> None:
    assert outcome_of(png(8, 16, ROWS, chunk(b"CgBI", b"\0\0\0\0"))) is Outcome.UNSUPPORTED


def test_bytes_after_the_end_are_counted() -> None:
    assert decode_image(png(8, 16, ROWS) + b"abc").remarks == ("bytes after the end of the picture: 3",)


def test_sixteen_bits_are_told_and_scaled() -> None:
    image = decode_image(picture("PNG", np.array([[0, 65535], [32768, 257]], np.uint16), mode="I;16"))
    assert image.facts["bits"] == 16
    assert image.pixels[..., 0].tolist() == [[0, 255], [127, 1]]
