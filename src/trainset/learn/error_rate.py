"""How many labels are wrong, as far as a model can tell: a point between what is surely too few and what is likely too many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.learn.intervals import wilson

_SUREST = 1 / 3
"""Of the samples, those that the model is surest of."""


@dataclass(frozen=True)
class Rate:
    """A share of wrong labels, 0 to 1. value: the mean of two estimates; low and high: the lower one's and the higher one's 95 % ends.

    surest: the share of labels that the model contradicts where it is surest: it errs least there, but people do too, so it is mostly too
    low. joint: that of the confident joint (Northcutt, Jiang and Chuang 2021), which takes a weak model's mistakes for people's, so
    mostly too high. On CIFAR-10N the truth 0.086, 0.170, 0.401 lay in 0.05-0.17, 0.12-0.25, 0.28-0.43. Only looking at
    samples drawn at random gives the rate without a model's help.
    """

    value: float
    low: float
    high: float
    surest: float
    joint: float


def error_rate(probability: NDArray[Any], codes: NDArray[np.int64]) -> Rate:
    """The share of wrong labels, from (n, classes) calibrated held-out probabilities and (n,) codes, none -1. All 0 to 1 of nothing."""
    count = len(codes)
    if not count:
        return Rate(0.0, 0.0, 1.0, 0.0, 0.0)
    wrong = probability.argmax(axis=1) != codes
    surest = _surest(probability.max(axis=1))
    contradicted = int(wrong[surest].sum())
    joint = 1 - float(np.trace(_joint(probability, codes))) / count
    low, high = wilson(np.array([contradicted, joint * count]), np.array([np.count_nonzero(surest), count]))
    share = contradicted / int(np.count_nonzero(surest))
    return Rate((share + joint) / 2, float(low.min()), float(high.max()), share, joint)


def pairs(probability: NDArray[Any], codes: NDArray[np.int64], rate: Rate) -> NDArray[np.float64]:
    """(classes, classes) estimated samples that are labelled as the row's class and are of the column's; 0 on the diagonal, adding up to
    the overall rate."""
    joint = _joint(probability, codes)
    np.fill_diagonal(joint, 0)
    between: NDArray[np.float64] = joint * (rate.value * len(codes) / max(float(joint.sum()), 1e-12))
    return between


def _surest(sure: NDArray[Any]) -> NDArray[np.bool_]:
    """The third with the highest probability; with those that equal its last."""
    count = max(1, round(len(sure) * _SUREST))
    least = np.partition(sure, len(sure) - count)[len(sure) - count]
    return np.asarray(sure >= least, np.bool_)


def _joint(probability: NDArray[Any], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """(classes, classes) labels on rows, what they should be on columns: samples are counted for the likeliest class of those that they
    reach the mean self-confidence of, and rows then scaled to what the class has."""
    classes = probability.shape[1]
    given = probability[np.arange(len(codes)), codes]
    counts = np.bincount(codes, minlength=classes)
    usual = np.where(counts > 0, np.bincount(codes, given, minlength=classes) / np.maximum(counts, 1), np.inf)
    reached = np.where(probability >= usual - 1e-9, probability, -1)
    best = reached.argmax(axis=1)
    rows = reached[np.arange(len(codes)), best] >= 0
    joint = np.bincount(codes[rows] * classes + best[rows], minlength=classes**2).reshape(classes, classes)
    sums = joint.sum(axis=1, keepdims=True)
    whole = np.where(sums > 0, joint / np.maximum(sums, 1), np.eye(classes))
    scaled: NDArray[np.float64] = whole * counts[:, None]
    return scaled
