"""Colour of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure
from trainset.measures._moments import mean_square


@measure("Colourfulness", unit="0..200", medium="image")
def colourfulness(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Colourfulness M3 of Hasler and Suesstrunk (2003): 0 is grey, 15 slightly, 45 averagely, 80 highly colourful."""
    flat = pictures.reshape(len(pictures), -1, 3)
    red, green, blue = (np.ascontiguousarray(flat[..., channel]).astype(np.int16) for channel in range(3))
    variance = offset = np.zeros(len(pictures))
    for opponent in (red - green, (red + green - 2 * blue) * np.float32(0.5)):
        values = opponent.astype(np.float32)
        mean = values.mean(axis=1, dtype=np.float64)
        values -= mean[:, None].astype(np.float32)
        variance = variance + mean_square(values[:, None])
        offset = offset + mean * mean
    colourful: NDArray[np.float32] = (np.sqrt(variance) + 0.3 * np.sqrt(offset)).astype(np.float32)
    return colourful
