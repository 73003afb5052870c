"""Folds: parts of the samples that are held out in turn, with what belongs together always on one side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue


def together(
    count: int,
    fields: Sequence[NDArray[Any]] = (),
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
) -> NDArray[np.int64]:
    """(n,) numbers 0, 1, ... of the groups of `count` samples that must not be parted: connected components of equal values in any of
    the fields and of the pairs.

    fields: each (n,) whole numbers, such as contributor codes; -1 says nothing, and joins nobody. pairs: (m,) first and (m,) second
    rows, such as near duplicates. A group through several links is one: a contributor whose recording is a copy of another's is
    with that other.
    """
    starts, ends, nodes = [], [], count
    for field in fields:
        known = np.flatnonzero(np.asarray(field) >= 0)
        values = np.unique(np.asarray(field)[known], return_inverse=True)[1].reshape(-1)
        starts.append(known)
        ends.append(nodes + values)  # a node for each value: a line to it from everyone who has it
        nodes += int(values.max(initial=-1)) + 1
    if pairs is not None:
        starts.append(np.asarray(pairs[0], np.int64))
        ends.append(np.asarray(pairs[1], np.int64))
    if not starts:
        return np.arange(count)
    start, end = np.concatenate(starts), np.concatenate(ends)
    from scipy.sparse import coo_array  # late: it takes longer to load than most commands to run
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(start), np.int8), (start, end)), shape=(nodes, nodes))
    found = connected_components(links, directed=False)[1][:count]
    numbers: NDArray[np.int64] = np.unique(found, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return numbers


def folds(groups: NDArray[np.int64], codes: NDArray[np.int64], k: int = 5, seed: int = 0) -> NDArray[np.int64]:
    """(n,) fold 0 to `k` - 1 of each sample, whole groups together, classes spread as evenly as that allows.

    groups: (n,) numbers 0, 1, ..., as `together` gives them. codes: (n,) class, -1 for none. Groups of more than one sample are
    placed largest first where they unbalance the classes least; then single samples fill up what is short of each class. Of the same
    seed come the same folds. Raises `BadValue` when there are fewer groups with labels than folds.
    """
    count = len(codes)
    classes = int(codes.max(initial=-1)) + 2  # the last is those without a label
    column = np.where(codes < 0, classes - 1, codes)
    labelled = len(np.unique(groups[codes >= 0]))
    if k < 2 or labelled < k:
        raise BadValue(
            f"{k} folds cannot be made",
            expected="at least 2 folds, and a group of labelled samples for each",
            got=f"{labelled} groups of labelled samples",
            next="take fewer folds, or hold out single samples with the ridge head" if k >= 2 else "",
        )
    draw = np.random.default_rng(seed)
    sizes = np.bincount(groups)
    whole = np.bincount(column, minlength=classes)
    goal = np.maximum(whole, 1)
    have = np.zeros((k, classes))
    fold = np.full(count, -1, np.int64)
    order = np.argsort(groups, kind="stable")
    ends = np.cumsum(sizes)
    numbers = draw.permutation(np.flatnonzero(sizes > 1))
    for number in numbers[np.argsort(-sizes[numbers], kind="stable")].tolist():
        rows = order[ends[number] - sizes[number] : ends[number]]
        own = np.bincount(column[rows], minlength=classes)
        # what the sum of squared shares grows by, and the whole size to break ties
        grows = ((2 * have + own) * own / goal**2).sum(axis=1) + 1e-6 * have.sum(axis=1) / count
        best = int(np.argmin(grows))
        fold[rows] = best
        have[best] += own
    single = draw.permutation(np.flatnonzero(fold < 0))
    for each in np.unique(column[single]).tolist():
        rows = single[column[single] == each]
        fold[rows] = _filled(have[:, each], have.sum(axis=1), len(rows))
        have[:, each] += np.bincount(fold[rows], minlength=k)
    return fold


def _filled(have: NDArray[np.float64], sizes: NDArray[np.float64], more: int) -> NDArray[np.int64]:
    """The folds of `more` single samples of a class: what brings each fold nearest to the same number of it, small folds first."""
    order = np.lexsort((sizes, have))
    level = have[order].copy()
    for number in range(len(level), 0, -1):  # pour water: the lowest `number` folds reach one level
        height = (level[:number].sum() + more) / number
        if height >= level[number - 1]:
            break
    share = np.floor(height - level[:number]).astype(np.int64)
    share[: more - share.sum()] += 1
    return np.repeat(order[:number], share)
