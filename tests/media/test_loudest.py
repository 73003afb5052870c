"""The loudest stretch, beside a search window by window; and the faults of the best-known tool of this kind."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from trainset.media.audio import decode_audio
from trainset.media.loudest import FLOOR, loudest
from trainset.media.wav_out import wav_bytes

Signal = NDArray[np.float32]


def energies(signal: Signal, frames: int) -> NDArray[np.float64]:
    """Of every window, one by one."""
    centred = signal.astype(np.float64) - signal.mean(axis=0, dtype=np.float64)
    return np.array([np.square(centred[at : at + frames]).sum() for at in range(len(signal) - frames + 1)])


def noise(frames: int, channels: int = 1, seed: int = 0) -> Signal:
    """Noise whose level wanders, in values that 16 bits hold."""
    rng = np.random.default_rng(seed)
    level = np.repeat(rng.uniform(0, 1, frames // 50 + 1), 50)[:frames, None]
    return (np.rint(rng.uniform(-1, 1, (frames, channels)) * level * 30000) / 32768).astype(np.float32)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("frames", "channels", "length"), [(1000, 1, 1), (1000, 1, 999), (700, 2, 130), (131, 3, 130)])
def test_it_is_what_a_search_window_by_window_finds(seed: int, frames: int, channels: int, length: int) -> None:
    signal = noise(frames, channels, seed)
    every = energies(signal, length)
    found = loudest(signal, length)
    assert (found.start, found.frames) == (int(every.argmax()), length)
    assert found.dbfs == pytest.approx(10 * np.log10(every.max() / (length * channels)))


def test_recordings_longer_than_a_block_are_searched_whole() -> None:
    signal = noise(200_000)
    signal[150_000:150_400] = 0.99 * np.sign(noise(400, seed=3) + 1e-6)
    every = np.convolve(
        np.square(signal[:, 0].astype(np.float64) - signal.mean(dtype=np.float64)), np.ones(400), "valid"
    )
    assert loudest(signal, 400).start == int(every.argmax()) == 150_000


def burst(frames: int, at: int, length: int, level: float = 0.5) -> Signal:
    signal = np.zeros((frames, 1), np.float32)
    signal[at : at + length, 0] = level * (-1.0) ** np.arange(length)
    return signal


def test_the_first_window_counts_as_the_others_do() -> None:
    """The tool sums squares in the first window and magnitudes in the others, so a quiet one later wins."""
    signal = burst(4000, 0, 1000, 0.5) + burst(4000, 2500, 1000, 0.4)
    assert loudest(signal, 1000).start == 0
    assert np.abs(signal[2500:3500]).sum() > np.square(signal[:1000]).sum()  # what the tool compares


def test_the_last_window_ends_with_the_last_frame() -> None:
    """The tool stops one short of the end."""
    found = loudest(burst(4000, 3000, 1000), 1000)
    assert (found.start, found.start + found.frames) == (3000, 4000)


def test_a_short_recording_is_as_loud_as_it_is() -> None:
    """The tool divides the energy of a short one by the length of a whole window."""
    short = burst(250, 0, 250, 0.5)
    assert (loudest(short, 1000).start, loudest(short, 1000).frames) == (0, 250)
    assert loudest(short, 1000).dbfs == pytest.approx(20 * np.log10(0.5))


@pytest.mark.parametrize("shape", [(0, 1), (0, 2)])
def test_no_frames_are_silent_and_no_crash(shape: tuple[int, int]) -> None:
    """The tool reads before the beginning of an empty one."""
    found = loudest(np.zeros(shape, np.float32), 1000)
    assert (found.start, found.frames, found.dbfs) == (0, 0, FLOOR)


def test_of_windows_equally_loud_it_is_the_first() -> None:
    assert loudest(burst(5000, 1000, 500) + burst(5000, 3000, 500), 500).start == 1000
    assert loudest(np.concatenate([noise(100)] * 40), 100).start == 0
    assert loudest(np.zeros((3000, 1), np.float32), 1000).start == 0


@pytest.mark.parametrize("offset", [0.25, -0.25])
def test_a_constant_offset_changes_nothing(offset: float) -> None:
    signal = (noise(3000, seed=5) / 2).astype(np.float32)
    plain, moved = loudest(signal, 800), loudest((signal + offset).astype(np.float32), 800)
    assert (plain.start, plain.frames) == (moved.start, moved.frames)
    assert moved.dbfs == pytest.approx(plain.dbfs, abs=1e-3)
    assert loudest(np.full((2000, 1), offset, np.float32), 800).dbfs == FLOOR


SUBTYPES = {"PCM_16": "WAV", "PCM_24": "WAV", "PCM_U8": "WAV", "FLOAT": "WAV", "PCM_S8": "FLAC"}


@pytest.mark.parametrize("subtype", SUBTYPES)
def test_samples_written_again_are_the_same(subtype: str) -> None:
    file = io.BytesIO()
    soundfile.write(
        file, np.random.default_rng(1).uniform(-1, 1, (500, 2)), 11025, format=SUBTYPES[subtype], subtype=subtype
    )
    first = decode_audio(file.getvalue())
    again = decode_audio(wav_bytes(first.signal, first.rate, first.facts["coding"]))
    assert np.array_equal(first.signal, again.signal)
    assert (again.rate, again.facts["format"], again.facts["bits"]) == (11025, "WAV", first.facts["bits"])


def test_what_is_beyond_full_scale_is_clipped_and_does_not_wrap_around() -> None:
    again = decode_audio(wav_bytes(np.array([[1.5], [-1.5], [1.0], [-1.0]], np.float32), 8000, "vorbis"))
    assert again.signal[:, 0].tolist() == [32767 / 32768, -1.0, 32767 / 32768, -1.0]
