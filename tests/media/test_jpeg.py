from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from trainset.media.image import decode_image
from trainset.media.jpeg import END, plain_size, read_layout
from trainset.media.undecodable import Undecodable
from trainset.model import Outcome

from .inputs import colours, picture

KINDS: dict[str, dict[str, Any]] = {
    "baseline": {},
    "progressive": {"progressive": True},
    "restart markers": {"restart_marker_rows": 1},
    "full colour": {"subsampling": 0, "quality": 95},
}


def jpeg(**options: Any) -> bytes:
    return picture("JPEG", colours(320, 240), **options)


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("percent", [3, 10, 25, 50, 75, 85])
def test_a_cut_jpeg_is_truncated(options: dict[str, Any], percent: int) -> None:
    data = jpeg(**options)
    with pytest.raises(Undecodable) as refused:
        decode_image(data[: len(data) * percent // 100])
    assert refused.value.outcome is Outcome.TRUNCATED


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_a_jpeg_that_lacks_only_its_end_is_decoded_with_a_remark(options: dict[str, Any]) -> None:
    data = jpeg(**options)
    whole, cut = decode_image(data), decode_image(data[:-2])
    assert whole.remarks == ()
    assert cut.remarks == ("partly decoded: the end mark of the JPEG file is missing, the picture is whole",)
    assert (cut.pixels == whole.pixels).all()


def test_a_jpeg_that_lacks_its_last_blocks_is_decoded_with_the_share() -> None:
    data = jpeg()
    (remark,) = decode_image(data[: len(data) * 98 // 100]).remarks
    assert remark.startswith("partly decoded: the last ")
    assert 0.5 < float(remark.split()[4].rstrip("%")) < 5


def test_an_end_mark_does_not_hide_that_half_is_missing() -> None:
    data = jpeg()
    with pytest.raises(Undecodable, match="cut off"):
        decode_image(data[: len(data) // 2] + END)


def test_zeros_do_not_hide_that_half_is_missing() -> None:
    data = jpeg()
    with pytest.raises(Undecodable, match="cut off"):
        decode_image(data[: len(data) // 2] + bytes(len(data) // 2))


def test_a_progressive_jpeg_without_its_last_scans_is_remarked() -> None:
    data = jpeg(progressive=True)
    assert decode_image(data[: len(data) // 4] + END).remarks[0].startswith("partly decoded: some scans")


def test_a_grey_corner_alone_is_no_sign_of_damage() -> None:
    pixels = colours(64, 48)
    pixels[16:, 16:] = 128
    assert decode_image(picture("JPEG", pixels, subsampling=0)).remarks == ()


def test_bytes_after_the_end_are_counted() -> None:
    assert decode_image(jpeg() + b"x" * 5000).remarks == ("bytes after the end of the picture: 5,000",)


def test_a_second_picture_that_is_announced_is_no_garbage() -> None:
    data = jpeg()
    announced = data[:2] + b"\xff\xe2\x00\x06MPF\0" + data[2:]
    assert decode_image(announced + data).remarks == ()


def test_a_stray_marker_in_the_picture_data_is_remarked() -> None:
    data = bytearray(jpeg())
    at = read_layout(bytes(data)).scan + len(data) * 9 // 10
    at = next(i for i in range(at, len(data)) if 0xFF not in data[i - 1 : i + 5])
    data[at : at + 2] = b"\xff\xe5"
    data[at + 2 : at + 4] = b"\0\2"
    assert decode_image(bytes(data)).remarks[0].startswith("picture damaged")


def test_the_layout_names_end_scans_and_exif() -> None:
    data = picture("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0")
    layout = read_layout(data + b"tail")
    assert (layout.end, layout.scans, layout.whole, layout.exif) == (len(data), 1, True, b"II*\0\x08\0\0\0\0\0")


def test_thousands_of_scans_are_refused() -> None:
    data = jpeg(progressive=True)
    start = data.rindex(b"\xff\xda")
    with pytest.raises(Undecodable, match="more parts"):
        decode_image(data[:-2] + data[start:-2] * 300 + END)


def test_plain_pictures_decode_as_pillow_decodes_them(data_folder: Path) -> None:
    """The short way past Pillow's reading of the header gives the same pixels, and is taken."""
    photos = sorted((data_folder / "images_flowers" / "val").rglob("*.jpg"))[:20]
    odd = sorted((data_folder / "malformed" / "images").glob("*.jp*g"))
    taken = 0
    for path in [*photos, *odd]:
        data = path.read_bytes()
        if (
            data.startswith(b"\xff\xd8")
            and plain_size(read_layout(data))
            and not path.name.startswith(("bomb", "exif"))
        ):
            with Image.open(io.BytesIO(data), formats=["JPEG"]) as picture:
                expected = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
            assert np.array_equal(decode_image(data).pixels, expected)
            taken += 1
    assert taken >= 20


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK", "YCbCr"])
@pytest.mark.parametrize("progressive", [False, True])
def test_every_mode_of_jpeg_is_decoded_as_pillow_does(mode: str, progressive: bool) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    target = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(target, "JPEG", progressive=progressive, quality=85)
    with Image.open(io.BytesIO(target.getvalue())) as picture:
        expected = np.asarray(picture.convert("RGB"))
    assert np.array_equal(decode_image(target.getvalue()).pixels, expected)
    assert (plain_size(read_layout(target.getvalue())) is None) == (mode == "CMYK")


def test_restart_markers_out_of_order_say_that_data_were_taken_out() -> None:
    data = jpeg(restart_marker_rows=1)
    places = [at for at in range(len(data) - 1) if data[at] == 0xFF and 0xD0 <= data[at + 1] <= 0xD7]
    assert len(places) > 4
    assert decode_image(data).remarks == ()
    without = data[: places[1]] + data[places[2] :]
    assert any(remark.startswith("picture damaged") for remark in decode_image(without).remarks)
