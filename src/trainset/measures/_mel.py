"""Power in mel bands: what a recording sounds like, moment by moment."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FRAMES, BANDS = 96, 16
HOP, WINDOW = 0.0125, 0.05
"""Seconds."""
DECIBELS = 30.0
"""Below the loudest frame, where a level counts as nothing: what a codec leaves of the quiet parts differs."""
_LOWEST, _HIGHEST = 100.0, 3600.0
"""Hz: what telephone audio has too, so that a copy at another rate is the same."""


def log_mel_frames(signal: NDArray[np.float32], rate: int) -> tuple[NDArray[np.uint8], int, int]:
    """(96, 16) levels, 0 for 30 dB below the loudest frame to 240 for its own, of 1.2 s around the middle of the energy; and the
    first and the last frame (excluded) that lie inside the recording.

    The middle of the energy moves with the sound: a copy that begins later has the same frames.
    """
    mono = signal.mean(axis=1) if signal.ndim > 1 else signal
    length = max(2, round(WINDOW * rate))
    power = np.square(mono, dtype=np.float64)
    total = float(power.sum())
    middle = float(power @ np.arange(len(mono))) / total if total > 0 else len(mono) / 2
    starts = np.round(middle + (np.arange(FRAMES) - FRAMES / 2) * HOP * rate - length / 2).astype(np.int64)
    before, behind = max(0, -int(starts[0])), max(0, int(starts[-1]) + length - len(mono))
    padded = np.pad(mono[max(0, int(starts[0])) : int(starts[-1]) + length], (before, behind))
    offset = before - max(0, int(starts[0]))
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[starts + offset]
    size = 1 << (length - 1).bit_length()
    spectra = np.square(np.abs(np.fft.rfft(frames * np.hanning(length).astype(np.float32), size)))
    bands = spectra @ _bands(rate, size)
    loudest = float(bands.sum(axis=1).max())
    levels = 10 * np.log10(np.maximum(bands / (loudest or 1.0), 10 ** (-DECIBELS / 10))) + DECIBELS
    inside = np.flatnonzero((starts >= -length // 4) & (starts + length <= len(mono) + length // 4))
    first, last = (int(inside[0]), int(inside[-1]) + 1) if len(inside) else (0, FRAMES)
    return np.rint(levels * (240 / DECIBELS)).astype(np.uint8), first, last


@lru_cache(maxsize=8)
def _bands(rate: int, size: int) -> NDArray[np.float32]:
    """(size // 2 + 1, 16) weights of triangular mel filters (O'Shaughnessy 1987)."""
    frequencies = np.fft.rfftfreq(size, 1 / rate)
    edges = np.linspace(_mel(_LOWEST), _mel(_HIGHEST), BANDS + 2)
    mel = np.array([_mel(hertz) for hertz in frequencies])[:, None]
    rising = (mel - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mel) / (edges[2:] - edges[1:-1])
    weights: NDArray[np.float32] = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    return weights


def _mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)
