"""How much harm mistakes do: counts times what each costs, with an interval that knows that a dear mistake not seen yet may still come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue


@dataclass(frozen=True)
class Harm:
    """cells: (rows, classes) count x cost. samples: how many were counted. total: the sum. per_thousand: for so many samples; low, high: its
    ends at 95 %; NaN without samples. Lower is better."""

    cells: NDArray[np.float64]
    samples: int
    total: float
    per_thousand: float
    low: float
    high: float

    def worst(self, count: int) -> list[tuple[int, int]]:
        """Row and column of the cells of most harm, the most first; none of 0."""
        order = np.argsort(-self.cells, axis=None, kind="stable")[:count].tolist()
        width = self.cells.shape[1]
        return [(at // width, at % width) for at in order if self.cells.flat[at] > 0]


def harm(counts: NDArray[Any], costs: NDArray[Any]) -> Harm:
    """The harm of a confusion matrix: counts and costs (rows, classes), labels on rows, predictions on columns; costs 0 for what is right.

    Two versions are compared by the harm of both. The interval is that of a weighted sum of Poisson counts (Fay and Feuer 1997): it is never
    too narrow, and where a dear mistake is possible that has not been seen, it is wide. Raises `BadValue` for costs that are none.
    """
    numbers, prices = np.asarray(counts, np.float64), np.asarray(costs, np.float64)
    if numbers.shape != prices.shape or not np.isfinite(prices).all() or (prices < 0).any():
        raise BadValue(
            "costs do not fit the matrix", expected=f"{numbers.shape} numbers of 0 or more", got=str(prices.shape)
        )
    cells = numbers * prices
    samples, total = int(numbers.sum()), float(cells.sum())
    if not samples:
        return Harm(cells, 0, 0.0, float("nan"), float("nan"), float("nan"))
    low, high = _interval(numbers, prices)
    scale = 1000 / samples
    return Harm(cells, samples, total, total * scale, low * scale, high * scale)


def saved(before: NDArray[Any], after: NDArray[Any]) -> tuple[float, float, float]:
    """By how much the harm for 1,000 samples is less after than before, with its ends at 95 %: costs (n,) of the same samples, decided in
    two ways (paired, normal approximation). NaN without samples."""
    less = np.asarray(before, np.float64) - np.asarray(after, np.float64)
    if not len(less):
        return float("nan"), float("nan"), float("nan")
    mean, half = float(less.mean()), 1.96 * float(less.std()) / len(less) ** 0.5
    return 1000 * mean, 1000 * (mean - half), 1000 * (mean + half)


def costs_of_classes(
    costs: NDArray[np.float64], beneath: NDArray[np.int64], counts: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """(classes, classes) costs of classes made of labels: the mean over the labels beneath, as often as each comes. costs: (labels, classes);
    beneath: (labels,) the class of each; counts: (labels,) samples of each."""
    found = 1 - np.eye(classes)
    for code in range(classes):
        mine = beneath == code
        if mine.any():
            often = counts[mine].astype(np.float64)
            found[code] = np.average(costs[mine], axis=0, weights=often if often.sum() else None)
    return found


def _interval(counts: NDArray[np.float64], costs: NDArray[np.float64]) -> tuple[float, float]:
    from scipy.special import gammaincinv

    total, spread = float((counts * costs).sum()), float((counts * costs**2).sum())
    possible = costs[counts.sum(axis=1) > 0]
    dearest = float(possible.max(initial=0.0))
    if not dearest:
        return 0.0, 0.0
    low = spread / total * float(gammaincinv(total**2 / spread, 0.025)) if total else 0.0
    more, wider = total + dearest, spread + dearest**2
    return low, wider / more * float(gammaincinv(more**2 / wider, 0.975))
