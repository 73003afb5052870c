"""Tiny pictures as vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def vectors(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, dim) float32 of unit length from (n, h, w, 3) pixels, each channel without its mean: brightness, contrast and a cast of
    colour change nothing. A picture of one colour has nothing left, and is no neighbour of anything."""
    channels = pixels.reshape(len(pixels), -1, 3).astype(np.float32)
    channels -= channels.mean(axis=1, keepdims=True)
    flat = channels.reshape(len(pixels), -1)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.where(length > 1, flat / np.maximum(length, 1), 0)
