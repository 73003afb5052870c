"""Model or data: what several unlike models get wrong alike, and what one of them gets right where another does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainset.learn.intervals import wilson


@dataclass(frozen=True)
class Ceiling:
    """Of the errors of the best model. alike: (n,) bool, all models say the same other class; helped: (n,) another model is right; rest: the
    models differ and none is right. right: (m,) the share each model gets right; low, high: (m,) at 95 %. best: which one."""

    right: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    best: int
    alike: NDArray[np.bool_]
    helped: NDArray[np.bool_]
    rest: NDArray[np.bool_]


def ceiling(predicted: NDArray[np.int64], codes: NDArray[np.int64]) -> Ceiling:
    """Compares (m, n) held-out predictions of m models with (n,) labels.

    What unlike models agree on against the label is a wrong label, or one that nobody could tell by these samples. What one of them
    gets right may be learnt from them by a better model, or be right by chance.
    """
    right = predicted == codes
    hits = right.sum(axis=1)
    low, high = wilson(hits, len(codes))
    best = int(hits.argmax())
    alike = (predicted == predicted[0]).all(axis=0) & ~right[0]
    helped = ~right[best] & right.any(axis=0)
    return Ceiling(hits / len(codes), low, high, best, alike, helped, ~right[best] & ~alike & ~helped)


def verdict(errors: float, low: float, high: float) -> str:
    """`data` when wrong labels, of which there are `low` to `high`, are surely more than half of the errors; `model` when surely fewer; else
    `open`. All are shares of the samples. That recipes differ is no evidence by itself: of two classes a coin is right on half of all errors."""
    return "open" if not errors else "data" if low > errors / 2 else "model" if high < errors / 2 else "open"
