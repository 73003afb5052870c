"""Labels as codes: 0, 1, ... for the classes, -1 where a sample has none."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue


def checked(codes: NDArray[Any], count: int, classes: int) -> NDArray[np.int64]:
    """The codes of `count` samples as (n,) int64, -1 to `classes` - 1. Raises `BadValue` when they are not that, or when they leave
    nothing to learn: fewer than two classes with a sample."""
    values = np.asarray(codes)
    if values.shape != (count,):
        raise BadValue("labels do not fit the samples", expected=f"{count} labels", got=f"shape {values.shape}")
    if not np.issubdtype(values.dtype, np.integer):
        raise BadValue("labels are codes", expected="whole numbers, -1 for none", got=str(values.dtype))
    values = values.astype(np.int64)
    if len(values) and (values.min() < -1 or values.max() >= classes):
        raise BadValue(
            "a label is no class",
            expected=f"-1 to {classes - 1}",
            got=str(int(values.min() if values.min() < -1 else values.max())),
        )
    present = len(np.unique(values[values >= 0]))
    if present < 2:
        raise BadValue(
            "there is nothing to tell apart",
            expected="labelled samples of at least two classes",
            got="one class" if present else "no labelled sample",
            next="label some samples of another class",
        )
    return values


def one_hot(codes: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """(n, classes) float32: 1 in the column of the label; a row without a label is all zero."""
    rows = np.zeros((len(codes), classes), np.float32)
    labelled = np.flatnonzero(codes >= 0)
    rows[labelled, codes[labelled]] = 1
    return rows


def balanced(codes: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """(n,) weights, mean 1 over the labelled, by which every class that has samples weighs the same: what over-sampling the smaller
    classes does, without drawing. 0 without a label."""
    counts = np.bincount(codes[codes >= 0], minlength=classes)
    share = counts.sum() / max(1, np.count_nonzero(counts))
    return per_class(codes, np.where(counts > 0, share / np.maximum(counts, 1), 0))


def per_class(codes: NDArray[np.int64], weights: NDArray[Any]) -> NDArray[np.float64]:
    """(n,) weights from one weight a class; 0 without a label. Raises `BadValue` unless they are finite and none is negative."""
    values = np.asarray(weights, np.float64)
    if not np.isfinite(values).all() or (values < 0).any():
        raise BadValue("a class weight is no weight", expected="finite numbers of 0 or more")
    return np.append(values, 0.0)[codes]
