"""Intervals of shares: what a count out of so many says of what it was drawn from."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray


def wilson(hits: Any, count: Any, level: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper ends, 0 to 1, of the interval of a share: `hits` of `count`, numbers or arrays (Wilson 1927). 0 and 1 where
    nothing was counted."""
    n = np.asarray(count, np.float64)
    some = np.maximum(n, 1e-12)
    share = np.asarray(hits, np.float64) / some
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = (share + z**2 / (2 * some)) / (1 + z**2 / some)
    half = z / (1 + z**2 / some) * np.sqrt(np.maximum(share * (1 - share), 0) / some + z**2 / (4 * some**2))
    empty = n <= 0
    none, all_ = empty | (share <= 0), empty | (share >= 1)  # else rounding leaves a trace
    return np.where(none, 0, np.maximum(middle - half, 0)), np.where(all_, 1, np.minimum(middle + half, 1))
