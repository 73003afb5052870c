"""A picture in 192 bytes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure

_SIDE = 8
_LENGTH = 3 * _SIDE * _SIDE


@measure("Tiny picture", unit="bytes", medium="image")
def tiny_picture(planes: NDArray[np.float32]) -> list[bytes]:
    """The picture averaged down to 8 x 8 pixels, RGB, row by row. Near duplicates are compared by it: what a crop, another size,
    another format or a little noise change is averaged away.
    """
    _, _, height, width = planes.shape
    small = _shares(height) @ planes @ _shares(width).T
    data = np.rint(small.transpose(1, 2, 3, 0)).astype(np.uint8).tobytes()
    return [data[start : start + _LENGTH] for start in range(0, len(data), _LENGTH)]


@lru_cache(maxsize=512)
def _shares(length: int) -> NDArray[np.float32]:
    """(8, length): the share that each pixel of a line has in each of eight equal parts of it."""
    edges = np.linspace(0, length, _SIDE + 1)
    pixel = np.arange(length)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    weights: NDArray[np.float32] = (np.maximum(overlap, 0) * (_SIDE / length)).astype(np.float32)
    return weights
