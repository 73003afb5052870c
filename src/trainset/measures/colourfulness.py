"""Colour of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure
from trainset.measures._moments import mean, mean_square


@measure("Colourfulness", unit="0..200", medium="image", less="paler", more="more colourful")
def colourfulness(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colourfulness M3 of Hasler and Suesstrunk (2003): 0 is grey, 15 slightly, 45 averagely, 80 highly colourful."""
    red, green, blue = planes
    variance = offset = np.zeros(len(red))
    yellow = red + green
    yellow *= np.float32(0.5)
    yellow -= blue
    for opponent in (red - green, yellow):
        middle = mean(opponent)
        opponent -= middle[:, None, None].astype(np.float32)
        variance = variance + mean_square(opponent)
        offset = offset + middle * middle
    colourful: NDArray[np.float32] = (np.sqrt(variance) + 0.3 * np.sqrt(offset)).astype(np.float32)
    return colourful
