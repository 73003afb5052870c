"""What a picture looks like, in 64 bits."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure

_SIDE = 32
_COSINES = np.cos(np.pi / _SIDE * np.outer(np.arange(8), np.arange(_SIDE) + 0.5)).astype(np.float32)


@measure("Perceptual hash", unit="hex", medium="image", version=2)
def perceptual_hash(lumas: NDArray[np.float32]) -> list[str]:
    """64 bits as 16 hex digits: the signs of the lowest 8 x 8 frequencies of the picture averaged down to 32 x 32, against their
    median (pHash, Zauner 2010). Copies in another size, format or brightness differ in few bits.
    """
    _, height, width = lumas.shape
    small = _runs(height) @ lumas @ _runs(width).T
    waves = (_COSINES @ small @ _COSINES.T).reshape(len(lumas), 64)
    bits = waves > np.median(waves[:, 1:], axis=1, keepdims=True)
    return [row.tobytes().hex() for row in np.packbits(bits, axis=1)]


@lru_cache(maxsize=512)
def _runs(length: int) -> NDArray[np.float32]:
    """(32, length): what brings a line to 32 values: averages of runs, or repeats where it has fewer."""
    starts = np.arange(_SIDE) * length // _SIDE
    lengths = np.maximum(np.diff(np.append(starts, length)), 1)
    pixel = np.arange(length)
    inside = (pixel >= starts[:, None]) & (pixel < (starts + lengths)[:, None])
    weights: NDArray[np.float32] = (inside / lengths[:, None]).astype(np.float32)
    return weights
