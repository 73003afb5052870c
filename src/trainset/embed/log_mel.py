"""The sound of a recording, in statistics of its bands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import embedder

_RATE, _LENGTH, _HOP, _SIZE = 16_000, 400, 160, 512
_BANDS, _PARTS = 40, 4
_LOWEST, _HIGHEST = 60.0, 7_600.0  # Hz
_QUIET = 6.0
"""Decades of power below the loudest band at which a level ends."""
_AT_ONCE = 4_000  # frames


@embedder("Log-mel statistics", medium="audio", dim=_BANDS * (_PARTS + 2), version=1, rate=_RATE, batch=64)
def log_mel(signals: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The sound of a recording, in 240 numbers: levels of 40 mel bands, as mean of each quarter, spread, and how fast they change.

    For sounds that differ in their spectrum, and as the floor that a pretrained embedder must beat. It takes speakers for words.
    Loudness is levelled.

    Cost: some thousand recordings of a second each a second. Source: no weights, so nothing to install and no licence.
    """
    return np.stack([_statistics(_levels(signal)) for signal in signals])


def _levels(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """(frames, 40) levels, 0 for silence to 1 for the loudest."""
    if len(signal) < _LENGTH:
        signal = np.pad(signal, (0, _LENGTH - len(signal)))
    frames = np.lib.stride_tricks.sliding_window_view(signal, _LENGTH)[::_HOP]
    window = np.hanning(_LENGTH).astype(np.float32)
    power = np.concatenate(
        [
            np.square(np.abs(np.fft.rfft(frames[at : at + _AT_ONCE] * window, _SIZE))).astype(np.float32) @ _bands()
            for at in range(0, len(frames), _AT_ONCE)
        ]
    )
    loudest = float(power.max()) or 1.0
    quietest = np.float32(10**-_QUIET)
    levels = np.log10(np.maximum(power / np.float32(loudest), quietest)) / np.float32(_QUIET) + np.float32(1)
    return levels.astype(np.float32, copy=False)


def _statistics(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    edges = np.linspace(0, len(levels), _PARTS + 1)
    parts = [levels[int(a) : max(int(a) + 1, int(b))] for a, b in pairwise(edges)]
    change = np.abs(np.diff(levels, axis=0)).mean(axis=0) if len(levels) > 1 else np.zeros(_BANDS, np.float32)
    values: NDArray[np.float32] = np.concatenate([*(part.mean(axis=0) for part in parts), levels.std(axis=0), change])
    return values.astype(np.float32)


@cache
def _bands() -> NDArray[np.float32]:
    """(257, 40) weights of triangular mel filters (O'Shaughnessy 1987)."""
    mel = 2595 * np.log10(1 + np.fft.rfftfreq(_SIZE, 1 / _RATE)[:, None] / 700)
    lowest, highest = 2595 * np.log10(1 + np.array([_LOWEST, _HIGHEST]) / 700)
    edges = np.linspace(float(lowest), float(highest), _BANDS + 2)
    rising = (mel - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mel) / (edges[2:] - edges[1:-1])
    weights: NDArray[np.float32] = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    return weights
