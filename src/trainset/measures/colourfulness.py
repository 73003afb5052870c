"""Colour of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure
from trainset.measures._moments import mean_square


@measure("Colourfulness", unit="0..200", medium="image")
def colourfulness(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Colourfulness M3 of Hasler and Suesstrunk (2003): 0 is grey, 15 slightly, 45 averagely, 80 highly colourful."""
    red, green, blue = (pictures[..., channel].astype(np.float32) for channel in range(3))
    variance = offset = np.zeros(len(pictures))
    for opponent in (red - green, (red + green) * np.float32(0.5) - blue):
        mean = opponent.mean(axis=2).mean(axis=1, dtype=np.float64)  # along a row single precision is enough
        opponent -= mean[:, None, None].astype(np.float32)
        variance = variance + mean_square(opponent)
        offset = offset + mean * mean
    colourful: NDArray[np.float32] = (np.sqrt(variance) + 0.3 * np.sqrt(offset)).astype(np.float32)
    return colourful
