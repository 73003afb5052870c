from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainset.media.decode import decode, preview
from trainset.media.preview import may_be_thumbnail, read_thumbnail, read_waveform, thumbnail, waveform
from trainset.media.undecodable import Undecodable

from .inputs import colours, picture


def test_a_thumbnail_is_a_jpeg_of_at_most_160_pixels() -> None:
    data = thumbnail(colours(800, 300))
    assert Image.open(io.BytesIO(data)).format == "JPEG"
    assert read_thumbnail(data).shape == (60, 160, 3)
    assert read_thumbnail(thumbnail(colours(423, 348))).shape == (116, 141, 3)
    assert read_thumbnail(thumbnail(colours(200, 100))).shape == (80, 160, 3)
    assert abs(read_thumbnail(data).mean() - colours(800, 300).mean()) < 3


def test_a_small_picture_is_not_enlarged() -> None:
    assert read_thumbnail(thumbnail(colours(32, 31))).shape == (31, 32, 3)


@pytest.mark.parametrize("size", [(4000, 3), (1, 1), (1, 900)])
def test_extreme_shapes_have_a_thumbnail(size: tuple[int, int]) -> None:
    assert max(read_thumbnail(thumbnail(np.zeros((*size, 3), np.uint8))).shape) <= 160


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        picture("PNG"),
        picture("JPEG", colours(161, 20)),
        picture("JPEG")[:300],
        picture("JPEG", mode="CMYK"),
    ],
    ids=["nothing", "stub", "png", "too wide", "cut", "cmyk"],
)
def test_anything_but_a_small_jpeg_is_no_thumbnail(data: bytes) -> None:
    with pytest.raises(Undecodable):
        read_thumbnail(data)


def test_a_waveform_holds_the_extremes_of_every_bin() -> None:
    signal = np.zeros((2400, 1), np.float32)
    signal[15], signal[2399] = 1, -0.5
    outline = read_waveform(waveform(signal))
    assert outline.shape == (240, 2)
    assert outline[1].tolist() == [0, 1]
    assert outline[239].tolist() == [pytest.approx(-0.5, abs=0.01), 0]
    assert not outline[2:239].any()


def test_opposite_channels_do_not_look_silent() -> None:
    half = np.full(1000, 0.5, np.float32)
    outline = read_waveform(waveform(np.stack([half, -half], axis=1)))
    assert outline[:, 0].tolist() == pytest.approx([-0.5] * 240, abs=0.01)
    assert outline[:, 1].tolist() == pytest.approx([0.5] * 240, abs=0.01)


@pytest.mark.parametrize("frames", [0, 1, 239, 240, 241])
def test_any_length_has_a_waveform(frames: int) -> None:
    assert len(waveform(np.full((frames, 2), 3.0, np.float32))) == 480


def test_a_waveform_of_another_length_is_refused() -> None:
    with pytest.raises(Undecodable):
        read_waveform(bytes(479))
    assert read_waveform(b"\x80" * 480).min() == -1


def test_a_small_plain_jpeg_is_its_own_thumbnail_and_one_with_more_in_it_is_not() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)

    def saved(**options: Any) -> bytes:
        target = io.BytesIO()
        Image.fromarray(pixels).save(target, "JPEG", **options)
        return target.getvalue()

    plain = saved()
    assert preview(decode(plain, "image"), plain) == b""  # nothing need be kept: the file is shown as it is
    assert may_be_thumbnail(plain)
    read_thumbnail(plain)
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    for more in (saved(exif=exif), saved(comment=b"a secret"), plain + b"<script>"):
        made = preview(decode(more, "image"), more)
        assert made != more
        assert made
        assert not may_be_thumbnail(more)
        assert b"secret" not in made
        assert b"script" not in made
