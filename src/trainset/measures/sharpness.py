"""Sharpness of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure
from trainset.measures._moments import mean_square

_FLAT = 0.01
"""Mean square of first differences, in squared levels, below which there is nothing to be sharp."""


@measure("Sharpness", unit="0..1", medium="image")
def sharpness(lumas: NDArray[np.float32]) -> NDArray[np.float32]:
    """How fast brightness changes where it changes: 1 is noise from pixel to pixel, 0 is flat or wholly blurred, whatever the contrast.

    Root mean square of second differences over that of first differences, both along rows and columns, divided by the square
    root of 3, its value for white noise: a ratio of spectral moments (Rice 1945). Gaussian blur of s pixels gives about 0.6 / s.
    """
    first, second = np.zeros(len(lumas)), np.zeros(len(lumas))
    for along in (lumas, lumas.transpose(0, 2, 1)):
        if along.shape[1] > 2:
            step = along[:, 1:] - along[:, :-1]
            first += mean_square(step)
            second += mean_square(step[:, 1:] - step[:, :-1])
    ratio = np.sqrt(second / np.where(first > 0, first, 1) / 3)
    return np.where(first > _FLAT, np.minimum(ratio, 1), 0).astype(np.float32)
