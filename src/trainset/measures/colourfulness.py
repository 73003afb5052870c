"""Colour of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure


@measure("Colourfulness", unit="0..200", medium="image")
def colourfulness(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Colourfulness M3 of Hasler and Suesstrunk (2003): 0 is grey, 15 slightly, 45 averagely, 80 highly colourful."""
    red, green, blue = (pictures[..., channel].astype(np.float32) for channel in range(3))
    a, b = red - green, (red + green) / 2 - blue
    spread = np.sqrt(a.var(axis=(1, 2)) + b.var(axis=(1, 2)))
    offset = np.sqrt(a.mean(axis=(1, 2)) ** 2 + b.mean(axis=(1, 2)) ** 2)
    colourful: NDArray[np.float32] = spread + np.float32(0.3) * offset
    return colourful
