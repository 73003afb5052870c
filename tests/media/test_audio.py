from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile

from trainset.media.audio import decode_audio
from trainset.media.limits import Limits
from trainset.media.ogg import read_ogg
from trainset.media.undecodable import Undecodable
from trainset.model import Outcome

from .inputs import recording, tone, wav

FORMATS = [
    ("WAV", "PCM_16"), ("RF64", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", None),
    ("AIFF", "PCM_16"), ("AU", "PCM_16"),
]  # fmt: skip


def outcome_of(data: bytes, limits: Limits | None = None) -> Outcome:
    with pytest.raises(Undecodable) as refused:
        decode_audio(data, limits or Limits())
    return refused.value.outcome


@pytest.mark.parametrize(("name", "subtype"), FORMATS)
def test_a_recording_comes_back_with_its_length_and_level(name: str, subtype: str | None) -> None:
    audio = decode_audio(recording(name, subtype=subtype))
    assert audio.remarks == ()
    assert (audio.signal.shape, str(audio.signal.dtype), audio.rate) == ((8000, 1), "float32", 8000)
    assert np.abs(audio.signal).max() == pytest.approx(0.5, abs=0.1)
    assert audio.facts["frames"] == 8000


def test_lossless_samples_come_back_as_they_were() -> None:
    signal = np.round(tone(channels=2) * 32768) / 32768
    for name in ("WAV", "FLAC", "AIFF", "AU"):
        assert np.array_equal(decode_audio(recording(name, signal)).signal, signal)
    facts = decode_audio(recording("WAV", signal)).facts
    assert (facts["format"], facts["coding"], facts["channels"], facts["bits"]) == ("WAV", "pcm_16", 2, 16)


@pytest.mark.parametrize(("name", "subtype"), FORMATS)
@pytest.mark.parametrize("percent", [30, 60, 90, 99])
def test_a_cut_recording_is_refused_or_remarked(name: str, subtype: str | None, percent: int) -> None:
    data = recording(name, tone(40_000), subtype=subtype)
    cut = data[: len(data) * percent // 100]
    try:
        (said, *_) = decode_audio(cut).remarks
    except Undecodable as refused:
        said = str(refused.outcome)
    less_than_half, nearly_all = percent == 30, percent >= 90
    vague = name == "OGG"  # it declares no length
    assert said.split(":")[0] in ("truncated", "partly decoded")
    assert vague or not less_than_half or said == "truncated"
    assert vague or not nearly_all or said != "truncated"


def test_what_is_there_of_a_cut_recording_is_unchanged() -> None:
    data = recording("FLAC", tone(40_000))
    whole, cut = decode_audio(data), decode_audio(data[: len(data) * 4 // 5])
    assert 20_000 < len(cut.signal) < 40_000
    assert np.array_equal(cut.signal, whole.signal[: len(cut.signal)])
    assert cut.remarks == (f"partly decoded: {len(cut.signal) / 8000:.2f} of 5.00 s",)


def test_less_than_half_of_a_recording_is_truncated() -> None:
    data = recording("WAV")
    assert outcome_of(data[: len(data) * 49 // 100]) is Outcome.TRUNCATED


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x80000000, 0x7FFFFFFF])
def test_a_size_that_means_unknown_is_no_cut(size: int) -> None:
    data = wav(b"\1\2" * 100)
    audio = decode_audio(data[:40] + struct.pack("<I", size) + data[44:])
    assert len(audio.signal) == 100
    assert audio.remarks == ("header damaged: it does not say how long the recording is",)


def test_a_size_of_zero_before_samples_is_put_right() -> None:
    data = wav(b"\1\2" * 100)
    audio = decode_audio(data[:4] + bytes(4) + data[8:40] + bytes(4) + data[44:])
    assert np.array_equal(audio.signal, decode_audio(data).signal)
    assert audio.remarks[0].startswith("header damaged")


def test_no_samples_are_empty_even_with_chunks_behind() -> None:
    assert outcome_of(wav(b"")) is Outcome.EMPTY
    assert outcome_of(wav(b"") + b"LIST" + struct.pack("<I", 4) + b"INFO") is Outcome.EMPTY


def test_a_byte_too_many_is_remarked() -> None:
    audio = decode_audio(wav(b"\1\2" * 100 + b"\3"))
    assert len(audio.signal) == 100
    assert audio.remarks == ("incomplete last sample: 1 of 2 bytes",)


@pytest.mark.parametrize(
    ("header", "outcome"),
    [
        ({"channels": 0}, Outcome.UNREADABLE),
        ({"rate": 0}, Outcome.UNREADABLE),
        ({"bits": 0}, Outcome.UNREADABLE),
        ({"align": 3}, Outcome.UNREADABLE),
        ({"align": 0}, Outcome.UNREADABLE),
        ({"tag": 0x7777}, Outcome.UNSUPPORTED),
        ({"tag": 0x55}, Outcome.UNSUPPORTED),
        ({"rate": 0xFFFFFFF0}, Outcome.UNREADABLE),
        ({"channels": 100, "align": 200}, Outcome.TOO_LARGE),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(header: dict[str, int], outcome: Outcome) -> None:
    assert outcome_of(wav(b"\1\2" * 6000, **header)) is outcome


def test_missing_chunks_are_named() -> None:
    with pytest.raises(Undecodable, match="no format chunk"):
        decode_audio(b"RIFF\0\0\0\0WAVEdata" + struct.pack("<I", 100) + bytes(100))
    with pytest.raises(Undecodable, match="ends before its data chunk"):
        decode_audio(wav(b"")[:36])


def test_a_big_endian_wav_is_read() -> None:
    body = struct.pack(">HHIIHH", 1, 1, 8000, 16000, 2, 16)
    samples = struct.pack(">3h", 0, 16384, -16384)
    chunks = b"fmt " + struct.pack(">I", 16) + body + b"data" + struct.pack(">I", 6) + samples
    audio = decode_audio(b"RIFX" + struct.pack(">I", 4 + len(chunks)) + b"WAVE" + chunks)
    assert audio.signal[:, 0].tolist() == [0, 0.5, -0.5]


def test_the_limits_hold_for_what_a_header_declares() -> None:
    data = recording("FLAC", tone(8000, channels=2))
    assert outcome_of(data, Limits(seconds=0.9)) is Outcome.TOO_LARGE
    assert outcome_of(data, Limits(values=15_999)) is Outcome.TOO_LARGE
    assert len(decode_audio(data, Limits(seconds=1, values=16_000)).signal) == 8000


def test_the_limits_hold_where_no_header_declares_a_length() -> None:
    data = bytearray(recording("FLAC", tone(100_000)))
    data[21] &= 0xF0  # the number of samples in STREAMINFO: 36 bits, 0 for unknown
    data[22:26] = bytes(4)
    assert outcome_of(bytes(data), Limits(seconds=2)) is Outcome.TOO_LARGE
    audio = decode_audio(bytes(data))
    assert len(audio.signal) == 100_000
    assert audio.remarks == ("header damaged: it does not say how long the recording is",)


def floats(*values: float) -> bytes:
    return wav(np.array(values, "<f4").tobytes(), tag=3, align=4, bits=32)


def test_what_is_no_number_becomes_zero() -> None:
    audio = decode_audio(floats(np.nan, 0.5, np.inf, -np.inf))
    assert audio.signal[:, 0].tolist() == [0, 0.5, 0, 0]
    assert audio.remarks == ("not a number: 3 samples were NaN or infinite and are 0 now",)


def test_doubles_beyond_single_precision_become_zero() -> None:
    data = wav(np.array([1e300, 0.25], "<f8").tobytes(), tag=3, align=8, bits=64)
    assert decode_audio(data).signal[:, 0].tolist() == [0, 0.25]


def test_values_beyond_full_scale_are_kept_and_remarked() -> None:
    audio = decode_audio(floats(0.1, 2.5))
    assert audio.signal.max() == 2.5
    assert audio.remarks == ("beyond full scale: the peak is 2.5",)


def test_silence_is_remarked() -> None:
    assert decode_audio(recording("WAV", np.zeros(100))).remarks == ("silent: every sample is 0",)


def test_clipping_is_remarked_and_a_sine_at_full_scale_is_not() -> None:
    sine = np.sin(np.arange(8000) * 0.31)
    assert decode_audio(recording("WAV", sine)).remarks == ()
    (remark,) = decode_audio(recording("WAV", np.clip(sine * 1.5, -1, 1))).remarks
    assert remark.startswith("clipped: ")


def test_a_constant_offset_is_remarked() -> None:
    assert decode_audio(recording("WAV", tone(level=0.3) + 0.4)).remarks == ("constant offset: 0.40 of full scale",)


def test_an_unusual_rate_is_remarked() -> None:
    assert decode_audio(wav(b"\1\2" * 100, rate=1)).remarks == ("unusual sample rate: 1 Hz",)


def test_one_sample_is_a_recording() -> None:
    assert decode_audio(wav(b"\0\x40")).signal.tolist() == [[0.5]]


def ogg(seconds: float = 2.0) -> bytes:
    target = io.BytesIO()
    rate = 16_000
    soundfile.write(
        target, np.random.default_rng(0).normal(0, 0.1, int(seconds * rate)), rate, format="OGG", subtype="VORBIS"
    )
    return target.getvalue()


def test_an_ogg_page_with_a_wrong_checksum_is_no_secret() -> None:
    """The decoder leaves out what such a page holds and says nothing."""
    data = ogg()
    assert decode_audio(data).remarks == ()
    assert read_ogg(data).damaged == 0
    places = range(6_000, len(data), 1_000)
    assert len(places) > 5
    for at in places:
        changed = bytearray(data)
        changed[at] ^= 1
        try:
            assert decode_audio(bytes(changed)).remarks
        except Undecodable as refused:
            assert refused.outcome is Outcome.TRUNCATED


def test_of_recordings_one_after_another_the_first_is_used_and_said() -> None:
    found = decode_audio(ogg(1) + ogg(2))
    assert len(found.signal) == 16_000
    assert "several recordings: the first of 2 is used" in found.remarks


def test_flac_behind_an_id3_tag_is_flac() -> None:
    target = io.BytesIO()
    soundfile.write(target, np.sin(np.arange(800) / 9), 8_000, format="FLAC")
    tagged = b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + target.getvalue()
    assert decode_audio(tagged).facts["format"] == "FLAC"
