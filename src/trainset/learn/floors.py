"""Honest floors: what a score is worth nothing below, because guessing, chance or the plain measures reach it too."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.learn import ridge
from trainset.learn.view import View, Whole


def majority(codes: NDArray[np.int64]) -> float:
    """The accuracy of always saying the largest class. codes: (n,) -1 for none; NaN when nobody has a label."""
    labelled = codes[codes >= 0]
    return float(np.bincount(labelled).max() / len(labelled)) if len(labelled) else float("nan")


def shuffled(
    head: ridge.Ridge, view: View, groups: NDArray[Any] | None = None, *, repeats: int = 3, seed: int = 0
) -> float:
    """The mean held-out accuracy when labels are shuffled among those that have one: what the same head finds where there is nothing
    to find. With class weights of their own for each row, those go with the labels' old places."""
    labelled = np.flatnonzero(head.codes >= 0)
    draw = np.random.default_rng(seed)
    right = []
    for _ in range(repeats):
        codes = head.codes.copy()
        codes[labelled] = draw.permutation(codes[labelled])
        scores = ridge.held_out(ridge.relabelled(head, view, codes), view, groups)
        right.append(float((scores[labelled].argmax(axis=1) == codes[labelled]).mean()))
    return float(np.mean(right))


def measures_only(
    measures: NDArray[np.float64], codes: NDArray[np.int64], classes: int, groups: NDArray[Any] | None = None
) -> float:
    """The held-out accuracy of a ridge head on the measures alone (loudness, size, ...): if that is high, classes differ in something
    that they should not.

    measures: (n, m) float64, NaN where there is none. Each becomes its rank and whether it is missing: ranks know no labels, and are
    the same for a measure in any unit.
    """
    parts = []
    for column in measures.T:
        known = np.isfinite(column)
        ranks = np.full(len(column), 0.5)
        values, inverse = np.unique(column[known], return_inverse=True)
        ranks[known] = (inverse + 0.5) / max(1, len(values))
        parts += [ranks, np.abs(ranks - 0.5), (~known).astype(np.float64)]
    view = Whole(np.stack(parts, axis=1).astype(np.float32))
    head = ridge.fit(view, codes, classes, groups=groups)
    labelled = head.codes >= 0
    scores = ridge.held_out(head, view, groups)
    return float((scores[labelled].argmax(axis=1) == head.codes[labelled]).mean())
