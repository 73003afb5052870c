"""Calibration: scores become probabilities that mean what they say, and a table shows whether they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue

_MOST = 20_000
"""Rows that the temperature is fitted on, evenly spread: it is one number."""
_TINY = 1e-12


def probabilities(scores: NDArray[Any], temperature: float) -> NDArray[np.float32]:
    """(n, classes) float32 that sum to 1: the softmax of scores / temperature."""
    logits = np.asarray(scores, np.float32) / np.float32(temperature)
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


def temperature(scores: NDArray[Any], codes: NDArray[np.int64], weights: NDArray[Any] | None = None) -> float:
    """The temperature that makes held-out scores likeliest (least log loss; Guo et al. 2017): below 1 sharpens, above 1 flattens.

    scores: (n, classes), higher is likelier, of samples that the head did not see. codes: (n,), -1 rows are left out. weights: (n,).
    The order of classes stays. Raises `BadValue` when no row has a label.
    """
    rows = np.flatnonzero(codes >= 0)
    if not len(rows):
        raise BadValue("nothing to calibrate on", expected="labelled samples", got="none")
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(_MOST, len(rows))).astype(np.int64))]
    some, own = np.asarray(scores)[rows].astype(np.float64), codes[rows]
    some -= some.max(axis=1, keepdims=True)
    given = some[np.arange(len(rows)), own]
    weight = np.ones(len(rows)) if weights is None else np.asarray(weights, np.float64)[rows]
    unit = float(some.std()) or 1.0

    def loss(log: float) -> float:
        sharp = np.exp(-log) / unit
        return float(weight @ (np.log(np.exp(some * sharp).sum(axis=1)) - given * sharp))

    from scipy.optimize import minimize_scalar  # late: it takes longer to load than most commands to run

    found = minimize_scalar(loss, bounds=(-6.0, 6.0), method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x) * unit)


@dataclass(frozen=True)
class Reliability:
    """How far confidence can be believed, in bins of equal width from 0 to 1.

    edges: (bins + 1,). counts: (bins,) samples. confidence: (bins,) mean of their highest probability; right: (bins,) share of them
    that are right; both NaN in an empty bin. error: expected calibration error, 0 (best) to 1 (Naeini et al. 2015).
    log_loss: mean of -log p(label), in nats, 0 is best.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    confidence: NDArray[np.float64]
    right: NDArray[np.float64]
    error: float
    log_loss: float


def reliability(probability: NDArray[Any], codes: NDArray[np.int64], bins: int = 10) -> Reliability:
    """The table of reliability of (n, classes) held-out probabilities. codes: (n,), -1 rows are left out. Raises `BadValue` when
    no row has a label."""
    rows = np.flatnonzero(codes >= 0)
    if not len(rows):
        raise BadValue("nothing to compare probabilities with", expected="labelled samples", got="none")
    values = np.asarray(probability)[rows].astype(np.float64)
    return reliability_of(
        values.max(axis=1), values.argmax(axis=1) == codes[rows], values[np.arange(len(rows)), codes[rows]], bins
    )


def reliability_of(
    sure: NDArray[np.float64], hit: NDArray[np.bool_], own: NDArray[np.float64], bins: int = 10
) -> Reliability:
    """The same of (n,) confidences, whether each prediction is right, and the probability of each label."""
    edges = np.linspace(0, 1, bins + 1)
    which = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(which, minlength=bins)
    some = np.where(counts > 0, counts, np.nan)
    confidence = np.bincount(which, sure, minlength=bins) / some
    right = np.bincount(which, hit, minlength=bins) / some
    error = float(np.nansum(counts * np.abs(confidence - right)) / len(sure))
    log_loss = float(-np.log(np.maximum(own, _TINY)).mean())
    return Reliability(edges, counts, confidence, right, error, log_loss)
