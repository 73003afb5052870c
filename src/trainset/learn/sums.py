"""The sums that a ridge head is made of: what many trainings share is summed once, and a training takes a hundredth of a second."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trainset.learn import ridge
from trainset.learn.left_out import members, without_groups
from trainset.learn.view import ROWS, Whole


@dataclass(frozen=True)
class Sums:
    """Weighted sums over samples: gram (r + 1, r + 1) of x, and a column of ones beside it, with itself; cross (r + 1, classes) with the
    one-hot labels. To be added up."""

    gram: NDArray[np.float64]
    cross: NDArray[np.float64]

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.gram + other.gram, self.cross + other.cross)

    def __sub__(self, other: Sums) -> Sums:
        return Sums(self.gram - other.gram, self.cross - other.cross)

    def times(self, weight: float) -> Sums:
        """As if each sample weighed so much more."""
        return Sums(weight * self.gram, weight * self.cross)


class Judge:
    """Says which samples heads trained on parts of them get right, each held out: the same as `ridge.held_out`, many times as fast.

    Leaving a sample out takes each of its scores f to f - h (y - f) / (1 - h) (Allen 1974), so it is right without itself just when its score is
    above all others by more than its leverage h. Only where that distance lies between 0 and a bound on h need h be known. Groups of several samples
    are taken out whole, as there. x: (n, r) about zero. codes: (n,) -1 for none. weights: (n,) of the samples that are here, 0 for others.
    """

    def __init__(
        self, x: NDArray[np.float32], codes: NDArray[np.int64], classes: int, weights: NDArray[np.float64], penalty: float,
        groups: NDArray[np.int64] | None = None,
    ) -> None:  # fmt: skip
        self.x, self.codes, self.classes, self.weights, self.groups = x, codes, classes, weights, groups
        self.all = self.of(weights > 0)
        self._full = _penalised(self.all, penalty)
        self._bound = self._levers(self._full, np.arange(len(x)))

    def of(self, which: NDArray[np.bool_]) -> Sums:
        """The sums of some samples."""
        width = self.x.shape[1]
        gram, cross = np.zeros((width + 1, width + 1)), np.zeros((self.classes, width + 1))
        rows = np.flatnonzero(which & (self.weights > 0))
        rows = rows[np.argsort(self.codes[rows], kind="stable")]
        for start in range(0, len(rows), ROWS):
            some = rows[start : start + ROWS]
            values = self._values(some)
            weighted = self.weights[some, None] * values
            gram += values.T @ weighted
            present, first = np.unique(self.codes[some], return_index=True)
            cross[present] += np.add.reduceat(weighted, first, axis=0)
        return Sums(gram, cross.T)

    def right(self, of: Sums, penalty: float, weights: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(n,) bool, for the head of these sums. weights: (n,) what each sample weighs in it, 0 where it is no part."""
        from scipy.linalg import eigh, solve  # late: it takes longer to load than most commands to run

        gram = _penalised(of, penalty)
        slope = solve(gram, of.cross, assume_a="pos", check_finite=False)
        above = self._above(slope)
        last = len(gram) - 1
        most = float(eigh(self._full, gram, eigvals_only=True, subset_by_index=[last, last], check_finite=False)[0])
        right: NDArray[np.bool_] = above > 0
        unsure = np.flatnonzero(right & (above <= 1.001 * most * weights * self._bound))
        right[unsure] = above[unsure] > weights[unsure] * self._levers(gram, unsure)
        if self.groups is not None:  # those of one sample are judged by now
            head = replace(self._head(of, weights), penalty=penalty)
            together = members(ridge.checked_groups(self.groups, head))
            for rows, (said,) in without_groups(head, Whole(self.x), together, [penalty]):
                right[rows] = said.argmax(axis=1) == self.codes[rows]
        return right

    def chosen(self, of: Sums, weights: NDArray[np.float64]) -> float:
        """The penalty that a head of these sums would choose. weights: as in `right`."""
        return ridge.chosen(self._head(of, weights), Whole(self.x), self.groups).penalty

    def _head(self, of: Sums, weights: NDArray[np.float64]) -> ridge.Ridge:
        """The head of these sums, without a penalty."""
        from scipy.linalg import eigh

        total, mean = of.gram[-1, -1], of.gram[-1, :-1] / of.gram[-1, -1]
        base = of.cross[-1] / total
        values, vectors = eigh(of.gram[:-1, :-1] - total * np.outer(mean, mean), driver="evd", check_finite=False)
        cross = of.cross[:-1] - total * np.outer(mean, base)
        codes = np.where(weights > 0, self.codes, -1)
        return ridge.Ridge(mean, vectors, np.maximum(values, 0), cross, base, weights, codes, 0.0)

    def _above(self, slope: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) how far the score of its class is above all others; what has no class is never above."""
        above = np.full(len(self.x), -np.inf)
        for start in range(0, len(self.x), ROWS):
            rows = slice(start, start + ROWS)
            scores = self.x[rows] @ slope[:-1].astype(np.float32) + slope[-1]
            codes, every = np.maximum(self.codes[rows], 0), np.arange(len(scores))
            own = scores[every, codes]
            scores[every, codes] = -np.inf
            above[rows] = np.where(self.codes[rows] >= 0, own - scores.max(axis=1), -np.inf)
        return above

    def _levers(self, gram: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(rows,) leverage of each, for a weight of 1."""
        from scipy.linalg import cholesky, solve_triangular

        factor = cholesky(gram, lower=True, check_finite=False)
        found = np.empty(len(rows))
        for start in range(0, len(rows), ROWS):
            turned = solve_triangular(
                factor, self._values(rows[start : start + ROWS]).T, lower=True, check_finite=False
            )
            found[start : start + ROWS] = np.einsum("ij,ij->j", turned, turned)
        return found

    def _values(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        values = np.ones((len(rows), self.x.shape[1] + 1))
        values[:, :-1] = self.x[rows]
        return values


def _penalised(of: Sums, penalty: float) -> NDArray[np.float64]:
    """The Gram matrix with the penalty, at least the least, on all but the intercept."""
    gram = of.gram.copy()
    width, total = len(gram) - 1, gram[-1, -1]
    about = float(np.trace(gram[:-1, :-1])) - float(np.square(gram[-1, :-1]).sum()) / total
    inner = np.arange(width)
    gram[inner, inner] += max(penalty, ridge.FLOOR * about / width, 1e-300)
    return gram
