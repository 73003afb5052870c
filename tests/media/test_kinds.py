from __future__ import annotations

import subprocess
import sys

import pytest

from trainset.media.kinds import KINDS, medium_of, sniff, suffix_fits

from .inputs import picture, recording


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_a_picture_is_recognised_by_its_first_bytes(name: str) -> None:
    assert sniff(picture(name)) is KINDS[name]


@pytest.mark.parametrize("name", ["WAV", "FLAC", "OGG", "MP3", "AIFF", "AU"])
def test_a_recording_is_recognised_by_its_first_bytes(name: str) -> None:
    assert sniff(recording(name)) is KINDS[name]


def test_both_spellings_of_a_large_wav_are_wav() -> None:
    assert sniff(recording("RF64")) is KINDS["WAV"]
    assert sniff(b"RIFX\0\0\0\0WAVEfmt ") is KINDS["WAV"]


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\n <!DOCTYPE html><p>", "HTML"),
        (b"<html><body>404", "HTML"),
        (b"<?xml version='1.0'?><svg xmlns='x'/>", "SVG"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04....", "ZIP"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"PAR1", "Parquet"),
        (b"\x93NUMPY\x01\0", "NumPy"),
        (b"\x80\x04\x95\0\0", "pickle"),
        (b"SQLite format 3\0", "SQLite"),
        (b"\0\0\0\x18ftypmp42", "MP4"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (b"\0\0\0\x18ftypavif", "AVIF"),
        (b"8BPS\0\x01", "PSD"),
        (b"\0\x05\x16\x07\0\x02", "AppleDouble"),
        (b"\0\0\x01\0\x01\0", "ICO"),
        (b"%!PS-Adobe-3.0 EPSF", "EPS"),
    ],
)
def test_an_intruder_is_recognised_and_has_no_medium(head: bytes, name: str) -> None:
    kind = sniff(head)
    assert kind is not None
    assert (kind.name, kind.medium) == (name, "")


@pytest.mark.parametrize(
    "head",
    [b"", b"B", b"BMW builds cars", b"RIFF means something else", b"ID3 is a tag", b"MZ", b"<3 you", b"GIF", b"hello",
     b"\xff\xfeh\0i\0", "\ufeffüber".encode(), b"\xff\xfb\xff\xff", b"<b>bold</b>"],
)  # fmt: skip
def test_text_and_stubs_are_no_known_kind(head: bytes) -> None:
    assert sniff(head) is None


@pytest.mark.parametrize(
    ("name", "medium"),
    [("a.JPG", "image"), ("b/c.opus", "audio"), ("readme.md", "text"), ("x.svg", ""), ("x.heic", ""), ("jpg", ""),
     (".jpg", ""), ("a.jpg.zip", "")],
)  # fmt: skip
def test_a_suffix_promises_a_medium(name: str, medium: str) -> None:
    assert medium_of(name) == medium


def test_a_name_without_suffix_fits_every_kind() -> None:
    assert suffix_fits("photo", KINDS["JPEG"])
    assert suffix_fits("photo.JPEG", KINDS["JPEG"])
    assert not suffix_fits("photo.png", KINDS["JPEG"])


def test_importing_kinds_loads_no_library() -> None:
    code = "import sys, trainset.media.decode; print({'numpy', 'PIL', 'soundfile', 'pyarrow'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
