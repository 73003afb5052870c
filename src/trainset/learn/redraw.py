"""Training samples drawn again: weights that say how often each would have come, had chance brought other ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_STEP, _FIRST, _SECOND = (np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def redrawn(keys: NDArray[Any], draw: int) -> NDArray[np.float64]:
    """(n,) weights above 0, of mean 1 and variance 1 (Bayesian bootstrap, Rubin 1981), from (n,) whole numbers that tell apart what is drawn.

    A key has the same weight in whatever set it comes, so two versions that share samples share their chance; what is drawn together,
    such as the samples of a contributor, has one key. No class is lost, as it may be when samples are drawn with replacement.
    """
    with np.errstate(over="ignore"):
        mixed = np.asarray(keys).astype(np.uint64) + _STEP * np.uint64(draw + 1)
        for _ in range(2):  # the finisher of SplitMix64 (Steele, Lea and Flood 2014), twice: keys may be consecutive
            mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
            mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
            mixed ^= mixed >> np.uint64(31)
    share = ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    weights: NDArray[np.float64] = -np.log(share)
    return weights


def times(keys: NDArray[Any], draw: int) -> NDArray[np.int64]:
    """(n,) how often each comes when samples are drawn with replacement (Poisson of mean 1): for what takes lists and no weights."""
    share = np.exp(-redrawn(keys, draw))
    steps = np.cumsum(np.exp(-1) / np.append(1, np.cumprod(np.arange(1.0, 20))))
    return np.searchsorted(steps, share).astype(np.int64)
