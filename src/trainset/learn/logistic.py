"""The head trained in epochs: multinomial logistic regression, one for each fold and one for all, side by side in each pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn.descent import Descent
from trainset.learn.labels import checked
from trainset.learn.resample import Resampled, resampled
from trainset.learn.view import ROWS, View, finite

STRENGTH = 10.0
"""C of scikit-learn's LogisticRegression for features of standard deviation 1 / sqrt(d): larger fits the labels closer."""
EPOCHS = 60
_PRECISE = 2_000_000
"""Up to so many values all is computed in double precision."""
_SETTLED = 2e-5
"""Relative fall of the loss below which a head has learnt what it can."""


@dataclass(frozen=True)
class Epoch:
    """What is known after one pass over the samples.

    number: 1, 2, ... scores: (n, classes) float32 log-odds of each sample by the head of its fold, which was not trained on it; the
    same array in every epoch, written over. loss: mean log loss in training, over the heads of the folds; in_sample: the share that they
    get right of what they were trained on (weighted), for the gap. coefficients, base: (d, classes) and (classes,) float64 of the
    head trained on everything: scores of new samples are `x @ coefficients + base`. last: nothing is left to learn, or epochs are up.
    """

    number: int
    scores: NDArray[np.float32]
    loss: float
    in_sample: float
    coefficients: NDArray[np.float64]
    base: NDArray[np.float64]
    last: bool


def train(
    view: View,
    codes: NDArray[Any],
    classes: int,
    fold: NDArray[np.int64],
    *,
    weights: NDArray[Any] | None = None,
    resample: str = "",
    strength: float = STRENGTH,
    epochs: int = EPOCHS,
    seed: int = 0,
) -> Iterator[Epoch]:
    """Trains, an `Epoch` at a time; stop asking to stop training.

    codes: (n,) -1 for none. fold: (n,) 0 to k - 1 of `folds`; each is predicted by the head that was trained on the others. -1 everywhere:
    there is the head of all samples alone, which predicts nothing held out. weights:
    (n,) of 0 or more, such as `labels.balanced`. resample: "over", "under" or "smote" makes the classes of each head's own training
    samples the same size, from those alone; "" leaves them. Each epoch is one pass and one step of L-BFGS (Liu and Nocedal 1989),
    which needs no order of samples, and so streams. Centre and scale of each feature are those of the head's own training samples.
    Raises `BadValue` when there is nothing to learn, or a fold holds all labelled samples of all classes but one.
    """
    labels = checked(codes, len(view), classes)
    if strength <= 0 or not np.isfinite(strength) or epochs < 1:
        raise BadValue("the head cannot be trained so", expected="a strength above 0 and at least one epoch")
    heads = int(fold.max(initial=-1)) + 2  # the last leaves nothing out
    sets = [
        resampled(view, np.where(fold == head, -1, labels), classes, resample, seed + head) for head in range(heads)
    ]
    share = np.stack([each.weights for each in sets], axis=1)
    if weights is not None:
        share = share * np.asarray(weights, np.float64)[:, None]
    _refuse_empty(share, labels)
    scale = _scales(view, share)
    steps = [Descent(np.zeros((view.dim + 1, classes))) for _ in range(heads)]
    scores = np.zeros((len(view), classes), np.float32)
    _pass(view, labels, fold, share, sets, scale, steps, strength, scores)
    number = 0
    while True:
        number += 1
        right = _pass(view, labels, fold, share, sets, scale, steps, strength, scores)
        last = number >= epochs or all(step.settled(_SETTLED) for step in steps)
        slope, base = scale.outer(heads - 1, steps[-1].best)
        mean_loss = float(np.mean([step.loss for step in steps[:-1] or steps]))
        yield Epoch(number, scores, mean_loss, right, slope, base, last)
        if last:
            return


@dataclass(frozen=True)
class _Scale:
    """Of each head: its centre (heads, d) and 1 / (standard deviation * sqrt(d)), 0 where a feature is constant."""

    mean: NDArray[np.float64]
    factor: NDArray[np.float64]

    def outer(self, head: int, inner: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Coefficients and base for embeddings as they are, of those for scaled ones."""
        slope = inner[:-1] * self.factor[head][:, None]
        return slope, inner[-1] - self.mean[head] @ slope

    def inner(self, head: int, slope: NDArray[np.float64], base: NDArray[np.float64]) -> NDArray[np.float64]:
        """The gradient by scaled ones, of that by embeddings as they are."""
        return np.vstack([(slope - np.outer(self.mean[head], base)) * self.factor[head][:, None], base])


def _scales(view: View, share: NDArray[np.float64]) -> _Scale:
    total = share.sum(axis=0)
    sums, squares = np.zeros((share.shape[1], view.dim)), np.zeros((share.shape[1], view.dim))
    origin = None
    for rows, batch in finite(view):
        exact = batch.astype(np.float64)
        origin = exact.mean(axis=0) if origin is None else origin
        exact -= origin
        sums += share[rows].T @ exact
        squares += share[rows].T @ np.square(exact)
    away = sums / total[:, None]
    deviation = np.sqrt(np.maximum(squares / total[:, None] - away**2, 0))
    least = 1e-6 * np.sqrt(squares.max(axis=1, keepdims=True) / total[:, None]) + 1e-30
    factor = np.where(deviation > least, 1 / np.maximum(deviation, least), 0) / np.sqrt(view.dim)
    return _Scale(away + origin, factor)


def _pass(
    view: View,
    labels: NDArray[np.int64],
    fold: NDArray[np.int64],
    share: NDArray[np.float64],
    sets: list[Resampled],
    scale: _Scale,
    steps: list[Descent],
    strength: float,
    scores: NDArray[np.float32],
) -> float:
    """Loss and gradient of every head where it wants to step, held-out scores of those that do; the share right in training."""
    heads, classes = len(steps), steps[0].trial.shape[1]
    outer = [scale.outer(head, step.trial) for head, step in enumerate(steps)]
    slope: NDArray[Any] = np.stack([each for each, _ in outer], axis=1).reshape(view.dim, heads * classes)
    kind: Any = np.float64 if len(view) * view.dim <= _PRECISE else np.float32
    slope = slope.astype(kind)
    base: NDArray[Any] = np.stack([each for _, each in outer]).astype(kind)
    loss, right = np.zeros(heads), np.zeros(heads)
    by_slope, by_base = np.zeros((view.dim, heads * classes)), np.zeros((heads, classes))
    total = share.sum(axis=0) + [each.extra_weight for each in sets]
    tried = np.empty_like(scores)

    def learn(batch: NDArray[np.float32], own: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[Any]:
        logits: NDArray[Any] = (batch @ slope).reshape(len(batch), heads, classes) + base
        error = _errors(logits, own, weight, loss, right)
        by_slope[...] += batch.T @ error.reshape(len(batch), heads * classes)
        by_base[...] += error.sum(axis=0, dtype=np.float64)
        return logits

    for rows, batch in finite(view):
        logits = learn(batch, labels[rows], share[rows])
        tried[rows] = logits[np.arange(len(batch)), fold[rows]]
    for head, each in enumerate(sets):
        for extra, own in each.extras(view, ROWS):
            weight = np.zeros((len(own), heads))
            weight[:, head] = 1
            learn(extra, own, weight)
    gradients = by_slope.reshape(view.dim, heads, classes)
    for head, step in enumerate(steps):
        decay = step.trial / (strength * total[head])
        decay[-1] = 0  # the intercept is not penalised
        gradient = scale.inner(head, gradients[:, head], by_base[head]) / total[head] + decay
        if step.settled(_SETTLED):  # each by itself: when to stop is also something that a head learns
            continue
        if step.take(loss[head] / total[head] + float((decay * step.trial).sum()) / 2, gradient):
            mine = fold == head
            scores[mine] = tried[mine]
    shares = right / total
    return float((shares[:-1] if heads > 1 else shares).mean())


def _errors(
    logits: NDArray[Any],
    own: NDArray[np.int64],
    weight: NDArray[np.float64],
    loss: NDArray[np.float64],
    right: NDArray[np.float64],
) -> NDArray[Any]:
    """(rows, heads, classes) weighted probability minus label; adds to the loss and the share right."""
    column = np.maximum(own, 0)[:, None, None]
    top = logits.max(axis=2, keepdims=True)
    error: NDArray[Any] = np.exp(logits - top)
    sums = error.sum(axis=2, keepdims=True)
    given = np.take_along_axis(logits, column, axis=2)
    loss += (weight * (np.log(sums) + top - given)[..., 0]).sum(axis=0)
    right += (weight * (given >= top)[..., 0]).sum(axis=0)
    error /= sums
    np.put_along_axis(error, column, np.take_along_axis(error, column, axis=2) - 1, axis=2)
    error *= weight.astype(error.dtype)[..., None]
    return error


def _refuse_empty(share: NDArray[np.float64], labels: NDArray[np.int64]) -> None:
    for head in range(share.shape[1]):
        present = np.unique(labels[share[:, head] > 0])
        if len(present) < 2:
            raise BadValue(
                "a fold leaves fewer than two classes to learn from",
                where=f"fold {head}",
                next="take other groups, or label more samples",
            )
