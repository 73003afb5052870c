from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from trainset.media.frames import gif_frames, tiff_pages, webp_size
from trainset.media.image import decode_image
from trainset.media.limits import Limits
from trainset.media.undecodable import Undecodable
from trainset.model import Outcome

from .inputs import colours, picture


def animated(format: str, frames: int = 3) -> bytes:
    pictures = [Pillow.fromarray(colours(seed=seed)) for seed in range(frames)]
    target = io.BytesIO()
    pictures[0].save(target, format, save_all=True, append_images=pictures[1:])
    return target.getvalue()


@pytest.mark.parametrize("name", ["PNG", "BMP", "TIFF"])
def test_lossless_pixels_come_back_as_they_were(name: str) -> None:
    image = decode_image(picture(name))
    assert (image.pixels == colours()).all()
    assert image.facts["format"] == name
    assert (image.facts["width"], image.facts["height"], image.facts["channels"], image.facts["bits"]) == (64, 48, 3, 8)
    assert image.remarks == ()


def test_strips_of_a_large_picture_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainset.media.rgb.STRIP", 640)
    assert (decode_image(picture("PNG")).pixels == colours()).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    data = picture("JPEG", exif=exif)
    upright = ImageOps.exif_transpose(Pillow.open(io.BytesIO(data)))
    image = decode_image(data)
    assert np.array_equal(image.pixels, np.asarray(upright))
    assert image.facts["orientation"] == orientation


@pytest.mark.parametrize("name", ["PNG", "WEBP", "TIFF"])
def test_an_orientation_counts_in_other_formats_too(name: str) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    image = decode_image(picture(name, exif=exif))
    assert image.pixels.shape == (64, 48, 3)
    assert image.facts["orientation"] == 6


def test_transparency_lies_over_white() -> None:
    rgba = np.zeros((2, 2, 4), np.uint8)
    rgba[0, 0] = (255, 0, 0, 255)
    rgba[0, 1] = (0, 0, 0, 128)
    target = io.BytesIO()
    Pillow.fromarray(rgba).save(target, "PNG")
    assert decode_image(target.getvalue()).pixels.tolist() == [[[255, 0, 0], [127, 127, 127]], [[255] * 3, [255] * 3]]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([[0, 1], [0.5, 0.25]], [0, 255, 127, 63]),
        ([[0, 255], [9, 1]], [0, 255, 9, 1]),
        ([[-1, 1], [0, np.nan]], [0, 255, 127, 0]),
    ],
)
def test_floating_point_is_shown_by_its_range(values: list[list[float]], shown: list[int]) -> None:
    image = decode_image(picture("TIFF", np.array(values, np.float32), mode="F"))
    assert image.pixels[..., 0].ravel().tolist() == shown
    assert image.facts["bits"] == 32


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "LA", "PA"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    data = picture("TIFF" if mode in ("CMYK", "LA", "PA") else "PNG", mode=mode)
    image = decode_image(data)
    assert (image.pixels.shape, str(image.pixels.dtype), image.facts["mode"]) == ((48, 64, 3), "uint8", mode)


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP"])
def test_only_the_first_frame_of_an_animation_is_used(name: str) -> None:
    image = decode_image(animated(name))
    assert image.remarks == ("animated: the first of 3 frames is used",)
    assert image.facts["frames"] == 3


def test_only_the_first_page_of_a_tiff_is_used() -> None:
    image = decode_image(animated("TIFF"))
    assert image.remarks == ("several pages: the first of 3 is used",)
    assert (image.pixels == colours()).all()


def test_a_tiff_whose_pages_run_in_a_circle_has_an_end() -> None:
    assert tiff_pages(b"II*\0\x08\0\0\0" + struct.pack("<H", 0) + struct.pack("<I", 8)) == (1, True)


def test_a_gif_without_end_is_seen() -> None:
    data = animated("GIF")
    assert gif_frames(data) == (3, True)
    assert gif_frames(data[:-1]) == (3, False)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_size_of_a_webp_is_read_from_its_header(lossless: bool, mode: str) -> None:
    assert webp_size(picture("WEBP", mode=mode, lossless=lossless)) == (64, 48)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_a_picture_over_the_limit_of_pixels_is_too_large(name: str) -> None:
    with pytest.raises(Undecodable) as refused:
        decode_image(picture(name), Limits(pixels=64 * 48 - 1))
    assert refused.value.outcome is Outcome.TOO_LARGE
    assert decode_image(picture(name), Limits(pixels=64 * 48)).pixels.shape == (48, 64, 3)


@pytest.mark.parametrize("name", ["GIF", "BMP", "TIFF", "WEBP"])
@pytest.mark.parametrize("percent", [1, 20, 50])
def test_a_cut_picture_of_other_formats_is_refused(name: str, percent: int) -> None:
    data = picture(name)
    with pytest.raises(Undecodable):
        decode_image(data[: len(data) * percent // 100])


def test_memory_that_is_not_there_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("trainset.media.image.to_rgb", full)
    with pytest.raises(Undecodable) as refused:
        decode_image(picture("PNG"))
    assert refused.value.outcome is Outcome.TOO_LARGE


def test_a_picture_of_one_colour_is_remarked_unless_it_is_one_pixel() -> None:
    flat = np.full((40, 30, 3), 7, np.uint8)
    assert decode_image(picture("PNG", flat)).remarks == ("every pixel is the same",)
    assert decode_image(picture("PNG", flat[:1, :1])).remarks == ()
    flat[20, 11] = 8
    assert decode_image(picture("PNG", flat)).remarks == ()


def test_a_photo_of_a_camera_is_decoded_as_pillow_does(data_folder: Path) -> None:
    path = next((data_folder / "images_flowers").rglob("*.jpg"))
    assert (decode_image(path.read_bytes()).pixels == np.asarray(Pillow.open(path))).all()


def test_a_tiff_that_names_too_few_strips_is_truncated() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 20, 3), dtype=np.uint8)
    target = io.BytesIO()
    Pillow.fromarray(pixels).save(target, "TIFF", tiffinfo={278: 16})
    assert decode_image(target.getvalue()).pixels.shape == (64, 20, 3)
    data = bytearray(target.getvalue())
    for tag in (273, 279):
        at = next(at for kind in (3, 4) if (at := data.find(struct.pack("<HHI", tag, kind, 4))) >= 0)
        struct.pack_into("<I", data, at + 4, 2)
    with pytest.raises(Undecodable) as refused:
        decode_image(bytes(data))
    assert refused.value.outcome is Outcome.TRUNCATED
    assert "2 of 4 strips" in refused.value.reason


def test_a_tiff_cut_behind_its_first_page_says_so() -> None:
    pages = [Pillow.fromarray(colours(seed=seed)) for seed in range(3)]
    target = io.BytesIO()
    pages[0].save(target, "TIFF", save_all=True, append_images=pages[1:])
    data = target.getvalue()
    assert not any(remark.startswith("partly decoded") for remark in decode_image(data).remarks)
    cut = decode_image(data[: len(data) * 6 // 10])
    assert any(remark.startswith("partly decoded") for remark in cut.remarks)
