"""How good predictions are: the confusion matrix and all that is read from it, also by what mistakes cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn.intervals import wilson


@dataclass(frozen=True)
class Share:
    """A share with its interval at 95 %: numbers or (classes,) arrays, 0 to 1, NaN where nothing was counted."""

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """What a confusion matrix says. matrix: (classes, classes), labels on rows, predictions on columns, counts.

    Higher is better in every share. Arrays are one value a class.
    """

    matrix: NDArray[np.int64]

    @property
    def samples(self) -> int:
        """How many were scored."""
        return int(self.matrix.sum())

    @property
    def true_positives(self) -> NDArray[np.int64]:
        """Of the class, and predicted so."""
        return np.diag(self.matrix)

    @property
    def false_positives(self) -> NDArray[np.int64]:
        """Predicted to be of the class, and of another."""
        counts: NDArray[np.int64] = self.matrix.sum(axis=0) - self.true_positives
        return counts

    @property
    def false_negatives(self) -> NDArray[np.int64]:
        """Of the class, and predicted to be of another."""
        counts: NDArray[np.int64] = self.matrix.sum(axis=1) - self.true_positives
        return counts

    @property
    def true_negatives(self) -> NDArray[np.int64]:
        """Neither of the class nor predicted so."""
        return self.samples - self.true_positives - self.false_positives - self.false_negatives

    @property
    def accuracy(self) -> Share:
        """The share predicted right (Wilson interval)."""
        return _share(self.true_positives.sum(), self.samples)

    @property
    def precision(self) -> Share:
        """Of what was predicted to be of a class, the share that is (Wilson interval)."""
        return _share(self.true_positives, self.matrix.sum(axis=0))

    @property
    def recall(self) -> Share:
        """Of what is of a class, the share predicted so (Wilson interval)."""
        return _share(self.true_positives, self.matrix.sum(axis=1))

    @property
    def f1(self) -> Share:
        """2 TP / (2 TP + FP + FN). It is 2 J / (1 + J) of the share J = TP / (TP + FP + FN), which grows with J: so its interval is
        that of J (Wilson), carried over."""
        jaccard = _share(self.true_positives, self.true_positives + self.false_positives + self.false_negatives)
        return Share(*(2 * each / (1 + each) for each in (jaccard.value, jaccard.low, jaccard.high)))

    @property
    def balanced_accuracy(self) -> float:
        """The mean recall of the classes that have samples; NaN without any."""
        recall = self.recall.value
        return float(np.nanmean(recall)) if np.isfinite(recall).any() else float("nan")

    def worst(self, count: int) -> list[tuple[int, int, int]]:
        """The largest confusions: (label, prediction, samples), the largest first; none of 0."""
        wrong = self.matrix - np.diag(self.true_positives)
        order = np.argsort(-wrong, axis=None, kind="stable")[:count]
        cells = [(*divmod(cell, len(wrong)), int(wrong.flat[cell])) for cell in order.tolist()]
        return [(label, predicted, samples) for label, predicted, samples in cells if samples]

    def cost(self, costs: NDArray[Any]) -> float:
        """The mean cost of a sample: costs (classes, classes), label on rows, prediction on columns; 0 is best. NaN without samples."""
        return (
            float((self.matrix * checked_costs(costs, len(self.matrix))).sum() / self.samples)
            if self.samples
            else float("nan")
        )


def confusion(codes: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> Scores:
    """Counts labels (n,) against predictions (n,), both 0 to `classes` - 1; rows of which either is -1 are left out."""
    rows = np.flatnonzero((codes >= 0) & (predicted >= 0))
    cells = np.bincount(codes[rows] * classes + predicted[rows], minlength=classes**2)
    return Scores(cells.reshape(classes, classes))


def unit_costs(classes: int) -> NDArray[np.float64]:
    """(classes, classes) costs of 1 for every mistake: the expected cost is then the share predicted wrong."""
    return 1 - np.eye(classes)


def checked_costs(costs: NDArray[Any], classes: int) -> NDArray[np.float64]:
    """The costs as float64. Raises `BadValue` unless they are (classes, classes) finite numbers of 0 or more, 0 for what is right."""
    values = np.asarray(costs, np.float64)
    if values.shape != (classes, classes) or not np.isfinite(values).all() or (values < 0).any():
        raise BadValue(
            "costs do not fit the classes",
            expected=f"{classes} x {classes} numbers of 0 or more",
            got=str(values.shape),
        )
    if np.diag(values).any():
        raise BadValue("what is right costs nothing", expected="0 from a class to itself")
    return values


def decide(probability: NDArray[Any], costs: NDArray[Any] | None = None) -> NDArray[np.int64]:
    """(n,) the prediction of each sample: the likeliest class, or with costs the one of least expected cost (Elkan 2001).
    probability: (n, classes), calibrated."""
    values = np.asarray(probability)
    harm = -values if costs is None else values @ checked_costs(costs, values.shape[1])
    best: NDArray[np.int64] = harm.argmin(axis=1)
    return best


def expected_costs(probability: NDArray[Any], codes: NDArray[np.int64], costs: NDArray[Any]) -> NDArray[np.float64]:
    """(n,) how much harm a sample's label does if probabilities are right: sum over true classes of p * cost of calling it by its
    label; 0 without a label. Higher is worse."""
    values = checked_costs(costs, probability.shape[1])
    harm = (probability * np.take(values, np.maximum(codes, 0), axis=1).T).sum(axis=1)
    return np.where(codes >= 0, harm, 0.0)


def _share(hits: NDArray[Any] | int, count: NDArray[Any] | int) -> Share:
    low, high = wilson(hits, count)
    n = np.asarray(count, np.float64)
    value = np.where(n > 0, np.asarray(hits, np.float64) / np.maximum(n, 1), np.nan)
    return Share(value, low, high)
