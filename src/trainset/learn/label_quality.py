"""Which labels are likely wrong, how many there are, and whether the embeddings can tell at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn.error_rate import Rate, error_rate, pairs

WEAK = 0.7
"""Embeddings are too weak to judge labels when the head contradicts more than this part of what guessing would, in the mean of the
classes. Measured on CIFAR-10N: pixels 0.70 to 0.81, EfficientNet on its worst labels (40 % wrong) 0.55; MiniLM on sentiment 0.65 (21 %
wrong), noise about 1."""


@dataclass(frozen=True)
class LabelQuality:
    """A judgement of every label. Arrays are one value a sample.

    score: float32, 0 to 1, 1 = the label is surely wrong: 1 - p(label); 0 where there is nothing to judge. suggested: int64, the likeliest
    class, -1 where not judged. confidence: float32, its probability. judged: whether the sample has a label whose class is also that
    of others outside its group. cut: what is flagged scores at least this. flagged: such that another class is likelier than the
    label; none when `weak`. rate: of wrong labels overall. class_rates: (classes,) of each class's labels. pairs: (classes, classes) samples
    that are said to be of the row's class and are of the column's, estimated; they add up to rate * judged, and class_rates are their row
    sums over the class's labels. weak: the embeddings
    cannot judge these labels; why: the sentence that says so.
    """

    score: NDArray[np.float32]
    suggested: NDArray[np.int64]
    confidence: NDArray[np.float32]
    judged: NDArray[np.bool_]
    cut: float
    flagged: NDArray[np.bool_]
    rate: Rate
    class_rates: NDArray[np.float64]
    pairs: NDArray[np.float64]
    weak: bool
    why: str = ""


def label_quality(
    probability: NDArray[Any],
    codes: NDArray[np.int64],
    *,
    groups: NDArray[Any] | None = None,
    cut: float | None = None,
) -> LabelQuality:
    """Judges labels by calibrated held-out probabilities (n, classes): none may come from a head that saw the sample's own label.

    codes: (n,) -1 for none. groups: (n,) what was held out together. cut: least score to flag, 0 to 1; None flags as many as the
    estimated rate says, which comes near the best F1 (chosen on CIFAR-10N: 0.53, 0.69 and 0.78 of at best 0.54, 0.70 and 0.79).
    The ranking is by self-confidence (Northcutt, Jiang and Chuang 2021), which no adjustment bettered there. Raises
    `BadValue` for probabilities or a cut outside 0 to 1.
    """
    values = np.asarray(probability)
    if values.ndim != 2 or len(values) != len(codes):
        raise BadValue("probabilities do not fit the samples", expected=f"{len(codes)} rows", got=str(values.shape))
    if len(values) and not (np.isfinite(values).all() and values.min() >= -1e-4 and values.max() <= 1 + 1e-4):
        raise BadValue("probabilities are not between 0 and 1", next="calibrate the scores first")
    if cut is not None and not 0 <= cut <= 1:
        raise BadValue("the cut is no score", expected="0 to 1", got=str(cut))
    judged = _judged(codes, values.shape[1], groups)
    given = np.where(judged, values[np.arange(len(codes)), np.maximum(codes, 0)], 1).astype(np.float32)
    predicted, confidence = values.argmax(axis=1), values.max(axis=1).astype(np.float32)
    score = np.clip(1 - given, 0, 1)
    some, own = values[judged], codes[judged]
    rate = error_rate(some, own)
    between = pairs(some, own, rate)
    counts = np.bincount(own, minlength=values.shape[1])
    class_rates = np.where(counts > 0, between.sum(axis=1) / np.maximum(counts, 1), np.nan)
    why = _weakness(some, own)
    if cut is None:
        cut = _default_cut(score[judged], rate.value)
    flagged = judged & (score >= cut) & (predicted != codes) & (not why)
    return LabelQuality(
        score, np.where(judged, predicted, -1), confidence, judged, cut, flagged,
        rate, class_rates, between, bool(why), why,
    )  # fmt: skip


def ambiguous(probability: NDArray[Any], *, least: float = 0.7, nearly: float = 0.5) -> NDArray[np.float32]:
    """(n,) 0 to 1, 1 = two classes are equally plausible and no other is: the second highest probability over the highest, where the
    two have at least `least` together; 0 elsewhere and below `nearly`."""
    top = np.partition(np.asarray(probability, np.float32), -2, axis=1)[:, -2:]
    ratio = top[:, 0] / np.maximum(top[:, 1], 1e-12)
    return np.where((top.sum(axis=1) >= least) & (ratio >= nearly), ratio, 0).astype(np.float32)


def outlier(
    distances: NDArray[np.float32], *, deviations: float = 4.0
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Score (n,) 0 to 1, 1 = far from everything, and which are outliers: the distance to the k-th neighbour (Ramaswamy, Rastogi and
    Shim 2000) against what is usual in this set.

    distances: (n, k) of `neighbours.neighbours`. The score is 1 - usual / distance, 0 up to the median; outliers lie more than
    `deviations` robust standard deviations of the logarithm above it, so that a set of digits, all alike, has few.
    """
    if distances.shape[0] == 0 or distances.shape[1] == 0:
        return np.zeros(len(distances), np.float32), np.zeros(len(distances), np.bool_)
    far = np.maximum(distances[:, -1].astype(np.float64), 1e-6)
    usual = np.median(far)
    spread = max(1.4826 * float(np.median(np.abs(np.log(far / usual)))), 0.02)
    return np.maximum(1 - usual / far, 0).astype(np.float32), np.log(far / usual) > deviations * spread


def _judged(codes: NDArray[np.int64], classes: int, groups: NDArray[Any] | None) -> NDArray[np.bool_]:
    """Labelled, and of a class that others outside the group have too: without them the head never met it."""
    labelled = codes >= 0
    if groups is None:
        return labelled & (np.bincount(codes[labelled], minlength=classes)[codes] > 1)
    where = np.unique(np.asarray(groups), return_inverse=True)[1].reshape(-1)[labelled]
    found = np.unique(np.stack([codes[labelled], where], axis=1), axis=0)
    return labelled & (np.bincount(found[:, 0], minlength=classes)[codes] > 1)


def _default_cut(score: NDArray[np.float32], rate: float) -> float:
    count = round(rate * len(score))
    return float(np.partition(score, len(score) - count)[len(score) - count]) if count else 1.0


def _weakness(probability: NDArray[Any], codes: NDArray[np.int64]) -> str:
    present, of = np.unique(codes, return_inverse=True)
    if not len(present):
        return "no label can be judged: every class has samples of one group alone"
    wrong = np.bincount(of.reshape(-1), probability.argmax(axis=1) != codes) / np.bincount(of.reshape(-1))
    contradicted, guessing = float(wrong.mean()), 1 - 1 / max(2, len(present))
    if contradicted <= WEAK * guessing:
        return ""
    return (
        f"the embeddings are too weak to judge these labels, or most of them are wrong: the model contradicts {contradicted:.0%} of "
        f"the labels of a class, and guessing would {guessing:.0%}"
    )
