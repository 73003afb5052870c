"""The picture itself, made small."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import embedder

_SIDE = 16


@embedder("Small picture", medium="image", dim=_SIDE * _SIDE * 3, version=1, side=_SIDE, batch=256)
def pixels(images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """The picture itself, in 768 numbers: red, green and blue of 16 x 16 pixels, -1 to 1.

    For plain pictures such as drawn digits, and as the floor that a pretrained embedder must beat. It sees neither what a picture
    shows nor a motif that has moved.

    Cost: nothing beside reading the pictures. Source: no weights, so nothing to install and no licence.
    """
    flat = np.stack(images).reshape(len(images), -1).astype(np.float32)
    return flat / np.float32(127.5) - np.float32(1)
