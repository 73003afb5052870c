"""The head that learns nothing: a sample is what its nearest neighbours are; it errs in another way than a line does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.learn.labels import checked, one_hot
from trainset.learn.view import View, finite

NEIGHBOURS = 15
_AT_ONCE = 1024


def held_out(
    view: View, codes: NDArray[Any], classes: int, groups: NDArray[np.int64] | None = None, *, k: int = NEIGHBOURS
) -> NDArray[np.float32]:
    """(n, classes) float32 the share of each class among the `k` nearest labelled samples by angle that are neither the sample itself nor of its
    group. Every pair is compared: n * n * d. Rows of which everyone is of their group get zeros."""
    labels = checked(codes, len(view), classes)
    vectors = np.concatenate([batch for _, batch in finite(view)])
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    known = np.flatnonzero(labels >= 0)
    units = np.arange(len(labels)) if groups is None else np.asarray(groups)
    others, votes = vectors[known], one_hot(labels[known], classes).astype(np.float32)
    scores = np.zeros((len(labels), classes), np.float32)
    count = min(k, len(known))
    for start in range(0, len(labels), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        near = vectors[rows] @ others.T
        near[units[rows, None] == units[None, known]] = -2
        best = np.argpartition(near, -count, axis=1)[:, -count:]
        allowed = np.take_along_axis(near, best, axis=1) > -2
        scores[rows] = (votes[best] * allowed[:, :, None]).sum(axis=1) / np.maximum(allowed.sum(axis=1), 1)[:, None]
    return scores
