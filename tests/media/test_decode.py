from __future__ import annotations

import pytest

from trainset.contracts import DECODED, MANY
from trainset.media.decode import decode, preview, remark_on_name, values
from trainset.media.limits import Limits
from trainset.media.preview import read_thumbnail, read_waveform
from trainset.media.undecodable import Undecodable
from trainset.model import MEDIA, Outcome

from .inputs import picture, recording

SAMPLES = {"image": picture("PNG"), "audio": recording("WAV"), "text": b"hello"}


def refusal(data: bytes, medium: str, limits: Limits | None = None) -> tuple[Outcome, str]:
    with pytest.raises(Undecodable) as refused:
        decode(data, medium, limits or Limits())
    return refused.value.outcome, refused.value.reason


@pytest.mark.parametrize("medium", MEDIA)
def test_a_measure_gets_every_value_that_the_contract_names(medium: str) -> None:
    decoded = decode(SAMPLES[medium], medium)
    assert set(DECODED[medium]) - set(MANY) == set(values(decoded))
    assert {"bytes", "format"} <= set(values(decoded)["facts"])
    assert values(decoded)["facts"]["bytes"] == len(SAMPLES[medium])


@pytest.mark.parametrize("medium", MEDIA)
def test_nothing_is_empty_and_too_much_is_too_large(medium: str) -> None:
    assert refusal(b"", medium) == (Outcome.EMPTY, "this file has 0 bytes")
    assert refusal(SAMPLES[medium], medium, Limits(bytes=4))[0] is Outcome.TOO_LARGE


@pytest.mark.parametrize(
    ("data", "medium", "outcome", "reason"),
    [
        (picture("JPEG"), "audio", Outcome.UNSUPPORTED, "this is a JPEG picture, not a recording"),
        (recording("FLAC"), "image", Outcome.UNSUPPORTED, "this is a FLAC recording, not a picture"),
        (picture("GIF"), "text", Outcome.UNSUPPORTED, "this is a GIF picture, not a text"),
        (b"<!doctype html><p>404", "image", Outcome.UNSUPPORTED, "this is an HTML page, not a picture"),
        (b"<svg xmlns='x'/>", "image", Outcome.UNSUPPORTED, "this is an SVG drawing, not a picture"),
        (b"hello", "image", Outcome.UNREADABLE, "this is plain text, not a picture"),
        (b"\xff\xff\0\1", "audio", Outcome.UNREADABLE, "this is no known kind of file, not a recording"),
    ],
)
def test_something_else_is_named(data: bytes, medium: str, outcome: Outcome, reason: str) -> None:
    assert refusal(data, medium) == (outcome, reason)


def test_markup_is_a_text() -> None:
    decoded = decode(b"<html><body>hello</body></html>", "text")
    assert decoded.remarks == ("markup",)


@pytest.mark.parametrize(
    ("name", "data", "medium", "remarks"),
    [
        ("a/b.jpg", picture("GIF"), "image", ("wrong extension: a GIF picture named .jpg",)),
        ("a.b/photo", picture("GIF"), "image", ()),
        ("a.GIF", picture("GIF"), "image", ()),
        ("a.\x1b[31m", picture("GIF"), "image", ("wrong extension: a GIF picture named something else",)),
        ("a.wav", recording("FLAC"), "audio", ("wrong extension: a FLAC recording named .wav",)),
        ("a.jpg", b"hello", "text", ("wrong extension: plain text named .jpg",)),
        ("a.log", b"hello", "text", ()),
    ],
)
def test_a_name_that_does_not_fit_is_remarked(name: str, data: bytes, medium: str, remarks: tuple[str, ...]) -> None:
    assert remark_on_name(name, decode(data, medium)) == remarks


def test_previews_can_be_read_back() -> None:
    assert read_thumbnail(preview(decode(SAMPLES["image"], "image"))).shape == (48, 64, 3)
    assert read_waveform(preview(decode(SAMPLES["audio"], "audio"))).max() > 0.4
    assert preview(decode(SAMPLES["text"], "text")) == b""
