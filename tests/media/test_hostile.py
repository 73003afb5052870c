"""Damaged bytes of every kind: a result or `Undecodable`, never another exception."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainset.media.decode import decode
from trainset.media.limits import Limits
from trainset.media.preview import read_thumbnail
from trainset.media.undecodable import Undecodable

from .inputs import colours, picture, recording, tone

LIMITS = Limits(pixels=1_000_000, seconds=60, values=2_000_000)
SMALL = colours(40, 30)
VALID: dict[str, tuple[str, bytes]] = {
    **{name: ("image", picture(name, SMALL)) for name in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")},
    "progressive JPEG": ("image", picture("JPEG", SMALL, progressive=True)),
    "palette PNG": ("image", picture("PNG", SMALL, mode="P")),
    "LZW TIFF": ("image", picture("TIFF", SMALL, compression="tiff_lzw")),
    "JPEG in TIFF": ("image", picture("TIFF", SMALL, compression="jpeg")),
    **{name: ("audio", recording(name, tone(3000))) for name in ("WAV", "RF64", "FLAC", "OGG", "MP3", "AIFF", "AU")},
    "Opus": ("audio", recording("OGG", tone(3000), subtype="OPUS")),
    "ADPCM": ("audio", recording("WAV", tone(3000), subtype="IMA_ADPCM")),
    "text": ("text", "Grüße — a text".encode() * 20),
}


def said_of(data: bytes, medium: str) -> list[str]:
    """What a person hears of a file: the remarks on it, or the reason why it was refused."""
    try:
        decoded = decode(data, medium, LIMITS)
    except Undecodable as refused:
        return [refused.reason]
    assert np.isfinite(getattr(decoded, "signal", np.zeros(0))).all()
    return list(decoded.remarks)


def survives(data: bytes, medium: str) -> bool:
    return all(sentence and sentence.isprintable() for sentence in said_of(data, medium))


def damaged(data: bytes, random: np.random.Generator) -> bytes:
    """Some bytes changed, most of them near the beginning, or a piece cut out, repeated or put in."""
    spoiled = bytearray(data)
    for _ in range(random.integers(1, 9)):
        reach = 80 if random.random() < 0.6 else len(spoiled)
        at = int(random.integers(0, min(reach, len(spoiled))))
        match random.integers(0, 6):
            case 0:
                spoiled[at] ^= 1 << int(random.integers(0, 8))
            case 1:
                spoiled[at] = int(random.choice([0, 1, 0x7F, 0x80, 0xFF]))
            case 2:
                spoiled[at : at + 4] = random.bytes(4)
            case 3 if len(spoiled) > 100:
                del spoiled[at : at + int(random.integers(1, 40))]
            case 4:
                spoiled[at:at] = spoiled[at : at + 30]
            case _:
                spoiled[at : at + 4] = bytes([0xFF] * 4)
    return bytes(spoiled)


@pytest.mark.parametrize("name", VALID)
def test_damaged_files_give_a_result_or_a_reason(name: str) -> None:
    medium, data = VALID[name]
    random = np.random.default_rng(list(name.encode()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(150):
            assert survives(damaged(data, random), medium)


@pytest.mark.parametrize("name", VALID)
def test_files_cut_anywhere_give_a_result_or_a_reason(name: str) -> None:
    medium, data = VALID[name]
    for end in np.unique(np.linspace(0, len(data), 60).astype(int)):
        assert survives(data[:end], medium)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([data[:24] for _, data in VALID.values()]),
    st.binary(max_size=300),
    st.sampled_from(["image", "audio", "text"]),
)
def test_any_bytes_behind_a_true_beginning_give_a_result_or_a_reason(head: bytes, tail: bytes, medium: str) -> None:
    assert survives(head + tail, medium)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_thumbnail_or_refused(data: bytes) -> None:
    try:
        shape = read_thumbnail(b"\xff\xd8\xff" + data).shape
    except Undecodable:
        shape = (1, 1, 3)
    assert max(shape[:2]) <= 160
