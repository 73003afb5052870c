"""Recordings compared moment by moment, whatever their level and wherever they begin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LAGS = 16
"""Frames by which one may lie behind the other: 200 ms of 12.5."""
_FINER = 2
_OVERLAP = 0.5
"""Share of the energy of either that must lie where both are recorded."""
_AT_ONCE = 128
_MODULATIONS = 16


def outlines(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 256) float32 of unit length from (n, 96, 16) levels: how fast each band rises and falls, the same wherever the sound
    begins (the magnitude of the modulation spectrum). What is alike in it is compared frame by frame."""
    modulation = np.abs(np.fft.rfft(levels.astype(np.float32), 2 * levels.shape[1], axis=1))[:, :_MODULATIONS]
    flat = np.sqrt(modulation.reshape(len(levels), -1)).astype(np.float32)
    unit: NDArray[np.float32] = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    return unit


def distances(levels: NDArray[np.uint8], inside: NDArray[np.uint8], rows: NDArray[np.int32]) -> NDArray[np.float32]:
    """(n, k) distances, 0 to 2, of each recording to those in its row of `rows`, at the lag where they are most alike: of the cosine
    of their levels in the frames that both have. levels: (n, 96, 16); inside: (n, 2) first and last frame (excluded) recorded.

    Cosines at all lags, and at half a frame between, are correlations, and come from one Fourier transform of each recording.
    """
    count, frames, _ = levels.shape
    size = 2 * frames
    found = np.full(rows.shape, 2, np.float32)
    frame = np.arange(frames)
    mask = ((frame >= inside[:, :1]) & (frame < inside[:, 1:])).astype(np.float32)
    energy = np.empty(count, np.float32)
    waves = np.empty((count, frames + 1, levels.shape[2]), np.complex64)
    energies = np.empty((count, frames + 1), np.complex64)
    for start in range(0, count, 4096):
        some = slice(start, start + 4096)
        seen = levels[some].astype(np.float32) * mask[some, :, None]
        squares = np.square(seen).sum(axis=2)
        energy[some] = squares.sum(axis=1) + 1e-6
        waves[some] = np.fft.rfft(seen, size, axis=1)
        energies[some] = np.fft.rfft(squares, size, axis=1)
    masks = np.fft.rfft(mask, size, axis=1).astype(np.complex64)
    for start in range(0, count, _AT_ONCE):
        own = np.arange(start, min(count, start + _AT_ONCE))
        other = np.maximum(rows[own], 0)
        product = _at_lags(np.einsum("bfm,bkfm->bkf", waves[own].conj(), waves[other]), size)
        mine = _at_lags(energies[own].conj()[:, None] * masks[other], size)
        theirs = _at_lags(masks[own].conj()[:, None] * energies[other], size)
        enough = (mine >= _OVERLAP * energy[own][:, None, None]) & (theirs >= _OVERLAP * energy[other][..., None])
        cosine = np.where(enough, product / np.sqrt(np.maximum(mine * theirs, 1e-6)), -1).max(axis=2)
        found[own] = np.where(rows[own] >= 0, np.sqrt(np.clip(2 - 2 * cosine, 0, 4)), 2)
    return found


def _at_lags(spectrum: NDArray[np.complexfloating], size: int) -> NDArray[np.float32]:
    """The correlation at the lags that count, two a frame."""
    whole = np.fft.irfft(spectrum, size * _FINER, axis=2) * _FINER
    most = _LAGS * _FINER
    values: NDArray[np.float32] = np.concatenate([whole[..., : most + 1], whole[..., -most:]], axis=-1).astype(
        np.float32
    )
    return values
