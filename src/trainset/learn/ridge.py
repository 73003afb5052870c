"""The quick head: ridge regression on one-hot labels, whose every prediction is exactly what it would be without that sample."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn.labels import checked, one_hot
from trainset.learn.left_out import members, without_groups
from trainset.learn.view import View, finite

PENALTIES = tuple(10 ** (step / 2) for step in range(-8, 5))
"""What is tried, times the mean eigenvalue of the Gram matrix (trace / d), so that neither the scale of the embeddings nor a set
that is repeated changes what is chosen."""
FLOOR = 1e-6
"""Least penalty, in the same unit: below it 1 - h turns negative on data of less than full rank."""
_CHOOSERS = 8192
"""Rows that the penalty is chosen on, evenly spread."""
_PRECISE = 2e10
"""Up to this n * d^2 all is computed in double precision; beyond, products of a batch are single, and their sums double."""


@dataclass(frozen=True)
class Ridge:
    """A trained head: scores are `(x - mean) @ coefficients + base`, about 1 for the class and 0 for others.

    The intercept is not penalised. So the model is the same wherever the embeddings are centred, and leaving a sample out is exact
    although `mean` was computed with it; no feature is scaled, but for `penalty` there is no constant from the data.

    mean: (d,) float64, weighted. vectors, values: eigenvectors (d, d) and eigenvalues (d,) of the centred Gram matrix, float64.
    cross: (d, classes) float64, the embeddings' products with the labels. base: (classes,) weighted share of each class.
    weights: (n,) float64 of each row in training, 0 for those without a label. penalty: lambda. tried: (penalty, mean squared
    held-out error) of all that were tried; empty when it was given.
    """

    mean: NDArray[np.float64]
    vectors: NDArray[np.float64]
    values: NDArray[np.float64]
    cross: NDArray[np.float64]
    base: NDArray[np.float64]
    weights: NDArray[np.float64]
    codes: NDArray[np.int64]
    penalty: float
    tried: tuple[tuple[float, float], ...] = ()

    @property
    def classes(self) -> int:
        """How many."""
        return len(self.base)

    @property
    def total(self) -> float:
        """The sum of the weights."""
        return float(self.weights.sum())

    @property
    def coefficients(self) -> NDArray[np.float64]:
        """(d, classes)."""
        return self.at(self.penalty)

    def at(self, penalty: float) -> NDArray[np.float64]:
        """(d, classes) coefficients for another penalty, of the same eigenvectors."""
        return self.vectors @ ((self.vectors.T @ self.cross) / (self.values + penalty)[:, None])

    def predict(self, embeddings: NDArray[Any]) -> NDArray[np.float32]:
        """(m, classes) float32 scores of samples that the head was not trained on, from (m, d) embeddings."""
        slope = self.coefficients
        return (embeddings @ slope + (self.base - self.mean @ slope)).astype(np.float32)


def fit(
    view: View,
    codes: NDArray[Any],
    classes: int,
    *,
    weights: NDArray[Any] | None = None,
    groups: NDArray[Any] | None = None,
    penalty: float | None = None,
) -> Ridge:
    """Trains on the labelled rows of a view, in one pass over its batches.

    codes: (n,) whole numbers, -1 where there is no label. weights: (n,) of 0 or more; a weight of 2 is the row twice (but left out
    both at once). groups: (n,) whole numbers; the penalty is then chosen on predictions without the group instead of without the
    sample. penalty: lambda, at least `FLOOR` times trace(G) / d; None takes that of `PENALTIES` with the least squared error held
    out. Raises `BadValue` when there is nothing to learn from or values are not finite.
    """
    labels = checked(codes, len(view), classes)
    weight = _weights(weights, labels)
    gram, cross, mean, base = _sums(view, labels, classes, weight)
    from scipy.linalg import eigh  # late: it takes longer to load than most commands to run

    values, vectors = eigh(gram, driver="evd", overwrite_a=True, check_finite=False)
    head = Ridge(mean, vectors, np.maximum(values, 0), cross, base, weight, labels, 0.0)
    if penalty is not None:
        if not np.isfinite(penalty) or penalty < 0:
            raise BadValue("the penalty is too small", expected="0 or more", got=str(penalty))
        return replace(head, penalty=max(penalty, FLOOR * (float(head.values.mean()) or 1.0)))
    return chosen(head, view, groups)


def solved(
    view: View, codes: NDArray[Any], classes: int, penalty: float, *, weights: NDArray[Any] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(d, classes) and (classes,): scores of new samples are `x @ slope + base`, as those of `fit` with this penalty. A tenth of its work:
    for one penalty, and nothing held out. Raises as `fit`."""
    labels = checked(codes, len(view), classes)
    gram, cross, mean, base = _sums(view, labels, classes, _weights(weights, labels))
    gram[np.diag_indices_from(gram)] += max(penalty, FLOOR * float(np.trace(gram)) / len(gram), 1e-300)
    from scipy.linalg import solve  # late: see above

    slope = np.asarray(solve(gram, cross, assume_a="pos", overwrite_a=True, check_finite=False), np.float64)
    return slope, base - mean @ slope


def relabelled(head: Ridge, view: View, codes: NDArray[Any]) -> Ridge:
    """The head for other labels of the same rows with the same weights and penalty: one cheap pass, for the Gram matrix stays. Raises
    `BadValue` when rows with a label before have none now, or the reverse."""
    labels = checked(codes, len(view), head.classes)
    if ((labels < 0) & (head.weights > 0)).any() or ((labels >= 0) & (head.codes < 0)).any():
        raise BadValue("other rows have labels than before", next="train anew")
    base = _shares(labels, head.classes, head.weights)
    cross = np.zeros_like(head.cross)
    for rows, batch in finite(view):
        target = head.weights[rows, None] * (one_hot(labels[rows], head.classes) - base)
        cross += (batch - head.mean.astype(np.float32)).T @ target.astype(np.float32)
    return replace(head, cross=cross, base=base, codes=labels)


def held_out(head: Ridge, view: View, groups: NDArray[Any] | None = None) -> NDArray[np.float32]:
    """(n, classes) float32 scores of every row of the view it was trained on, by the head as it would be without that row: or, with
    (n,) groups, without any row of its group. Rows without a label are predicted too.

    Leave-one-out: f - h (y - f) / (1 - h), h = w (1 / W + (x - mean)' P (x - mean)) (Allen 1974; Golub, Heath and Wahba 1979). Raises
    `BadValue` when a group holds all that is labelled.
    """
    scores = np.empty((len(view), head.classes), np.float32)
    kind = _kind(view)
    half = (head.vectors / np.sqrt(head.values + head.penalty)).astype(kind)
    slope: NDArray[Any] = head.coefficients.astype(kind)
    mean: NDArray[Any] = head.mean.astype(kind)
    for rows, batch in finite(view):
        centred: NDArray[Any] = batch.astype(kind) - mean
        turned = centred @ half
        spread = np.einsum("ij,ij->i", turned, turned).astype(np.float64)
        scores[rows] = _alone(head, rows, centred @ slope + head.base, spread)
    if groups is not None:
        for members_of, (said,) in without_groups(head, view, members(checked_groups(groups, head)), [head.penalty]):
            scores[members_of] = said
    return scores


def checked_groups(groups: NDArray[Any], head: Ridge) -> NDArray[np.int64]:
    """The groups as 0, 1, ... Raises `BadValue` when they do not fit, or one holds all that is labelled."""
    values = np.asarray(groups)
    if values.shape != head.codes.shape:
        raise BadValue("groups do not fit the samples", expected=f"{len(head.codes)}", got=f"shape {values.shape}")
    numbers = np.unique(values, return_inverse=True)[1].reshape(-1)
    held = np.bincount(numbers, head.weights > 0)
    if (held == np.count_nonzero(head.weights)).any():
        raise BadValue(
            "one group holds every labelled sample: without it there is nothing to learn from",
            expected="at least two groups with labels",
            next="hold out single samples, or another kind of group",
        )
    return numbers.astype(np.int64)


def _alone(head: Ridge, rows: Any, fitted: NDArray[Any], spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is predicted without the sample itself. spread: (rows,) (x - mean)' P (x - mean)."""
    weight = head.weights[rows]
    lever = weight * (1 / head.total + spread)
    target = one_hot(head.codes[rows], head.classes)
    share = np.where(weight > 0, lever / np.maximum(1 - lever, 1e-9), 0)
    alone: NDArray[np.float64] = fitted - share[:, None] * (target - fitted)
    return alone


def _kind(view: View) -> Any:
    """The precision of products of a batch."""
    return np.float64 if len(view) * view.dim**2 <= _PRECISE else np.float32


def _weights(weights: NDArray[Any] | None, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    labelled = labels >= 0
    if weights is None:
        return labelled.astype(np.float64)
    values = np.asarray(weights, np.float64)
    if values.shape != labels.shape or not np.isfinite(values).all() or (values < 0).any():
        raise BadValue("weights do not fit the samples", expected=f"{len(labels)} finite numbers of 0 or more")
    if len(np.unique(labels[labelled & (values > 0)])) < 2:
        raise BadValue("there is nothing to tell apart", expected="weight on samples of at least two classes")
    return values * labelled


def _shares(labels: NDArray[np.int64], classes: int, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    labelled = labels >= 0
    shares: NDArray[np.float64] = np.bincount(labels[labelled], weights[labelled], minlength=classes) / weights.sum()
    return shares


def _sums(
    view: View, labels: NDArray[np.int64], classes: int, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Gram matrix and products with the labels, both centred; mean; shares of the classes. Rows are summed about the mean of the
    first batch, so that little is lost when all of them lie far from zero."""
    kind = _kind(view)
    base = _shares(labels, classes, weights)
    gram = np.zeros((view.dim, view.dim))
    cross, total = np.zeros((view.dim, classes)), np.zeros(view.dim)
    origin: NDArray[Any] | None = None
    for rows, batch in finite(view):
        if origin is None:
            origin = batch.mean(axis=0, dtype=np.float64).astype(np.float32).astype(kind)
        root = np.sqrt(weights[rows]).astype(kind)[:, None]
        centred = (batch - origin).astype(kind, copy=False)
        centred *= root
        gram += centred.T @ centred
        cross += centred.T @ (root * (one_hot(labels[rows], classes) - base.astype(kind)))
        total += (centred.T @ root)[:, 0]
    if origin is None or not view.dim:
        raise BadValue("the embeddings are empty", expected="at least one value a sample", got=f"{view.dim}")
    away = total / weights.sum()
    gram -= np.outer(away, total)
    return gram, cross, origin + away, base


def chosen(head: Ridge, view: View, groups: NDArray[Any] | None = None) -> Ridge:
    """With the penalty of least squared error held out, over rows spread evenly over those that are labelled, or over groups."""
    unit = float(head.values.mean()) or 1.0  # all rows the same: any penalty leaves the shares of the classes
    penalties = [max(each, FLOOR) * unit for each in PENALTIES]
    trained = np.flatnonzero(head.weights > 0)
    rows = trained[np.unique(np.linspace(0, len(trained) - 1, min(_CHOOSERS, len(trained))).astype(np.int64))]
    errors, weight = np.zeros(len(penalties)), 0.0
    if groups is not None:
        numbers = checked_groups(groups, head)
        together = np.bincount(numbers)[numbers] > 1
        asked = _drawn(members(numbers), head.weights > 0, int(np.count_nonzero(together[rows])))
        rows = rows[~together[rows]]
        for some, said in without_groups(head, view, asked, penalties):
            errors += [_error(head, some, scores) for scores in said]
            weight += head.weights[some].sum()
    if len(rows):
        weight += head.weights[rows].sum()
        kind = _kind(view)
        turned: NDArray[Any] = (view.take(rows) - head.mean).astype(kind) @ head.vectors.astype(kind)
        squares, slope = np.square(turned), head.vectors.T @ head.cross
        for number, penalty in enumerate(penalties):
            scale = 1 / (head.values + penalty)
            fitted = turned @ (slope * scale[:, None]).astype(kind) + head.base
            errors[number] += _error(head, rows, _alone(head, rows, fitted, squares @ scale.astype(kind)))
    tried = tuple(zip(penalties, (errors / weight).tolist(), strict=True))
    return replace(head, penalty=penalties[int(np.argmin(errors))], tried=tried)


def _drawn(groups: list[NDArray[np.int64]], trained: NDArray[np.bool_], count: int) -> list[NDArray[np.int64]]:
    """Groups by chance, until they have so many rows that were trained on; at least two."""
    drawn: list[NDArray[np.int64]] = []
    for number in np.random.default_rng(0).permutation(len(groups)).tolist():
        if len(drawn) >= 2 and count <= 0:
            break
        drawn.append(groups[number])
        count -= int(np.count_nonzero(trained[groups[number]]))
    return drawn


def _error(head: Ridge, rows: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    apart = np.square(scores - one_hot(head.codes[rows], head.classes)).sum(axis=1)
    return float(head.weights[rows] @ apart)
