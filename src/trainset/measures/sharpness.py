"""Sharpness of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import measure
from trainset.measures._moments import mean_square, sum_of_squares

_FLAT = 0.01
"""Mean square of first differences, in squared levels, below which there is nothing to be sharp."""


@measure("Sharpness", unit="0..1", medium="image", less="blurrier", more="sharper")
def sharpness(lumas: NDArray[np.float32]) -> NDArray[np.float32]:
    """How fast brightness changes where it changes: 1 is noise from pixel to pixel, 0 is flat or wholly blurred, whatever the contrast.

    Root mean square of second differences over that of first differences, both along rows and columns, divided by the square
    root of 3, its value for white noise: a ratio of spectral moments (Rice 1945). Gaussian blur of s pixels gives about 0.6 / s.
    """
    _, height, width = lumas.shape
    first, second = np.zeros(len(lumas)), np.zeros(len(lumas))
    if height > 2:
        step = lumas[:, 1:] - lumas[:, :-1]
        first += mean_square(step)
        second += mean_square(step[:, 1:] - step[:, :-1])
    if width > 2:
        step = _along_rows(lumas, 1)
        first += sum_of_squares(step) / (height * (width - 1))
        second += sum_of_squares(_along_rows(step, 2)) / (height * (width - 2))
    ratio = np.sqrt(second / np.where(first > 0, first, 1) / 3)
    return np.where(first > _FLAT, np.minimum(ratio, 1), 0).astype(np.float32)


def _along_rows(values: NDArray[np.float32], past: int) -> NDArray[np.float32]:
    """Differences from column to column, with zeros in the last `past` columns: taken over the end of rows, in one go."""
    step = np.empty(values.shape, np.float32)
    flat = np.ascontiguousarray(values).reshape(-1)
    np.subtract(flat[1:], flat[:-1], out=step.reshape(-1)[:-1])
    step[:, :, -past:] = 0
    return step
