"""Recordings frame by frame: what a copy may be, and what it may not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.learn.aligned import distances, outlines
from trainset.measures._mel import BANDS, FRAMES, log_mel_frames

RATE = 8000


def words(count: int) -> list[NDArray[np.float32]]:
    """Half-second sounds, each with tones of its own that come and go."""
    time = np.arange(RATE // 2) / RATE
    made = []
    for number in range(count):
        draw = np.random.default_rng(number)
        tones = [
            np.sin(2 * np.pi * draw.uniform(150, 3000) * time) * np.exp(-((time - draw.uniform(0.1, 0.4)) ** 2) / 0.004)
            for _ in range(6)
        ]
        made.append((np.sum(tones, axis=0) * 0.1).astype(np.float32))
    return made


def compared(signals: list[NDArray[np.float32]], rates: list[int] | None = None) -> NDArray[np.float32]:
    seen = [log_mel_frames(signal, rate) for signal, rate in zip(signals, rates or [RATE] * len(signals), strict=True)]
    levels = np.stack([frames for frames, _, _ in seen])
    assert levels.shape[1:] == (FRAMES, BANDS)
    rows = np.array([[other for other in range(len(seen)) if other != row] for row in range(len(seen))], np.int32)
    return distances(levels, np.array([[first, last] for _, first, last in seen], np.uint8), rows)


def test_level_start_and_rate_change_little_and_another_word_changes_much() -> None:
    one, *others = words(6)
    later = np.concatenate([np.zeros(777, np.float32), one])
    finer = np.interp(np.arange(2 * len(one)) / 2, np.arange(len(one)), one).astype(np.float32)
    apart = compared([one, one * 0.2, later, finer, *others], [RATE, RATE, RATE, 2 * RATE, *[RATE] * 5])[0]
    assert apart[:3].max() < 0.1
    assert apart[3:].min() > 3 * apart[:3].max()


def test_a_copy_without_its_last_tenth_of_a_second_is_compared_where_both_are_recorded() -> None:
    one, *others = words(6)
    apart = compared([one, one[: -RATE // 10], *others])[0]
    assert apart[0] < 0.5 * apart[1:].min()


def test_the_outline_is_the_same_wherever_the_sound_begins() -> None:
    levels = np.zeros((2, FRAMES, BANDS), np.uint8)
    levels[0, 20:40], levels[1, 47:67] = 100, 100
    same = outlines(levels)
    assert same.shape == (2, 256)
    assert float(same[0] @ same[1]) > 0.999
    assert np.allclose(np.linalg.norm(same, axis=1), 1, atol=1e-5)


def test_where_there_is_no_other_the_distance_is_the_greatest() -> None:
    levels = np.full((1, FRAMES, BANDS), 9, np.uint8)
    assert distances(levels, np.array([[0, FRAMES]], np.uint8), np.array([[-1]], np.int32)).tolist() == [[2.0]]
