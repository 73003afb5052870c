"""Pixels of a JPEG picture from a decoder that tells when it had to guess, which Pillow's does not."""

from __future__ import annotations

import numpy as np
import simplejpeg
from numpy.typing import NDArray


def decode_strictly(data: bytes, width: int, height: int) -> NDArray[np.uint8] | None:
    """(height, width, 3) uint8, RGB, the same values as Pillow's; None when the data are short, too many or broken.

    data: a whole JPEG, grey or RGB, that is known to be of this size.
    """
    try:
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(data, "RGB")
    except ValueError:
        return None
    return pixels if pixels.shape == (height, width, 3) else None
