"""What a picture looks like, in 64 bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure

_SIDE = 32
_COSINES = np.cos(np.pi / _SIDE * np.outer(np.arange(8), np.arange(_SIDE) + 0.5)).astype(np.float32)


@measure("Perceptual hash", unit="hex", medium="image")
def perceptual_hash(lumas: NDArray[np.float32]) -> list[str]:
    """64 bits as 16 hex digits: the signs of the lowest 8 x 8 frequencies of the picture averaged down to 32 x 32, against their
    median (pHash, Zauner 2010). Copies in another size, format or brightness differ in few bits.
    """
    small = _averaged(_averaged(lumas, 1), 2)
    waves = (_COSINES @ small @ _COSINES.T).reshape(len(lumas), 64)
    bits = waves > np.median(waves[:, 1:], axis=1, keepdims=True)
    return [row.tobytes().hex() for row in np.packbits(bits, axis=1)]


def _averaged(lumas: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """One axis brought to 32 values: averages of runs, or repeats where there are fewer."""
    size = lumas.shape[axis]
    if size == _SIDE:
        return lumas
    if size < _SIDE:
        repeated: NDArray[np.float32] = lumas.take(np.arange(_SIDE) * size // _SIDE, axis=axis)
        return repeated
    starts = np.arange(_SIDE) * size // _SIDE
    shape = [1, 1, 1]
    shape[axis] = _SIDE
    lengths = np.diff(np.append(starts, size)).reshape(shape).astype(np.float32)
    averaged: NDArray[np.float32] = (np.add.reduceat(lumas, starts, axis=axis) / lengths).astype(np.float32)
    return averaged
