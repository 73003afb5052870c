"""The map's geometry: landmarks laid out in the plane so that neighbours stay neighbours, and everyone else placed among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.learn.neighbours import searcher

MOST = 10_000
"""Landmarks at most."""
_NEAR = 10
"""Landmarks that a sample is placed by."""
_REACH = 0.02
"""Of the map's width: neighbours that lie within are one place; of several places the one of most weight is taken, not their middle."""
_PERPLEXITY = 30
_FEW = 3_000
"""Of so many the forces are summed along a tree, in one thread: two wait for one another 750 times, and beside other work take twice as long."""
_LEAST = 8
"""Of fewer samples the two main directions are the map."""

Layout = NDArray[np.float32]
"""(n, 2): x and y, 0 to 1 for landmarks."""


def laid_out(
    vectors: NDArray[np.float32], before: Layout | None = None, *, seed: int = 0, progress: Callable[[int], None] = lambda n: None
) -> Layout:  # fmt: skip
    """Coordinates of landmarks by t-SNE (van der Maaten and Hinton 2008; Linderman et al. 2019). vectors: (n, dim) of unit length.
    before: (n, 2) where they lay on an earlier map, near which they begin. progress: called with iterations done, 750 in all."""
    count = len(vectors)
    if count < _LEAST or not np.ptp(vectors, axis=0).any():
        return _in_square(_main_directions(vectors))
    from openTSNE import TSNEEmbedding, initialization
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    threads = 2 if count > _FEW else 1
    perplexity = min(_PERPLEXITY, (count - 1) / 3)
    near = min(count - 1, int(3 * perplexity))
    rows, distances = searcher(vectors, exact=True)(vectors, near + 1)
    rows, distances = _without_self(rows, distances)
    known: Any = PrecomputedNeighbors(rows, distances.astype(np.float64))
    affinities = PerplexityBasedNN(perplexity=perplexity, knn_index=known, n_jobs=threads, random_state=seed)
    start = initialization.rescale((_main_directions(vectors) if before is None else before).astype(np.float64))
    map_ = TSNEEmbedding(
        start, affinities, n_jobs=threads, random_state=seed, negative_gradient_method="fft" if count > _FEW else "bh"
    )
    for iterations, exaggeration, momentum in ((250, 12.0, 0.5), (500, 1.0, 0.8)):
        map_.optimize(iterations, exaggeration=exaggeration, momentum=momentum, inplace=True)
        progress(iterations)
    found = np.asarray(map_, np.float64)
    if before is None:
        return _in_square(found)
    return _in_square(_turned(found, before))


def placer(vectors: NDArray[np.float32], layout: Layout, *, many: bool) -> Callable[[NDArray[np.float32]], Layout]:
    """What gives coordinates to others, (n, dim) of unit length, among landmarks. many: by the approximate index.

    Each lies in the middle of those of its 10 nearest landmarks that lie together, weighted by nearness.
    """
    search = searcher(vectors, exact=not many)
    near = min(_NEAR, len(vectors))

    def place(others: NDArray[np.float32]) -> Layout:
        rows, distances = search(others, near)
        squares = distances.astype(np.float64) ** 2
        beyond = squares - squares[:, :1]
        weight = np.exp(-beyond / np.maximum(beyond.mean(axis=1, keepdims=True), 1e-9)) * (rows >= 0)
        at = layout[np.maximum(rows, 0)]
        apart = ((at[:, :, None] - at[:, None]) ** 2).sum(axis=3)
        support = (weight[:, None] * np.exp(-apart / (2 * _REACH**2))).sum(axis=2)
        best = (support * (weight > 0)).argmax(axis=1)
        share = weight * np.exp(-np.take_along_axis(apart, best[:, None, None], axis=1)[:, 0] / (2 * _REACH**2))
        found = (share[:, :, None] * at).sum(axis=1) / share.sum(axis=1)[:, None]
        middle: Layout = found.astype(np.float32)
        return middle

    return place


def _without_self(
    rows: NDArray[np.int64], distances: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    own = rows == np.arange(len(rows))[:, None]
    own[~own.any(axis=1), -1] = True
    shape = (len(rows), rows.shape[1] - 1)
    return rows[~own].reshape(shape), distances[~own].reshape(shape)


def _main_directions(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    values, directions = np.linalg.eigh(centred.T @ centred)
    two = directions[:, ::-1][:, :2]
    two = two * np.sign(two[np.abs(two).argmax(axis=0), np.arange(two.shape[1])])  # their signs are arbitrary
    found = np.zeros((len(vectors), 2))
    found[:, : two.shape[1]] = centred @ two * (values[::-1][:2] > 1e-12)
    return found


def _in_square(found: NDArray[np.float64]) -> Layout:
    """Within 0 to 1, as wide as high."""
    low, high = found.min(axis=0), found.max(axis=0)
    width = float((high - low).max())
    square: Layout = ((found - (low + high) / 2) / (width or 1.0) + 0.5).astype(np.float32)
    return square


def _turned(found: NDArray[np.float64], before: Layout) -> NDArray[np.float64]:
    """Turned and mirrored to lie on an earlier map as well as it can (Schoenemann 1966)."""
    u, _, v = np.linalg.svd((found - found.mean(axis=0)).T @ (before - before.mean(axis=0)))
    turned: NDArray[np.float64] = (found - found.mean(axis=0)) @ (u @ v)
    return turned


def regions(layout: Layout, most: int = 20, cells: int = 64) -> Callable[[Layout], NDArray[np.int64]]:
    """What tells the region of places on a map, 0 for the largest: where walking uphill in the density of landmarks leads to."""
    from scipy.ndimage import gaussian_filter, maximum_filter

    def cell(places: Layout) -> NDArray[np.int64]:
        across = np.clip((places * cells).astype(np.int64), 0, cells - 1)
        found: NDArray[np.int64] = across[:, 0] * cells + across[:, 1]
        return found

    grid = np.bincount(cell(layout), minlength=cells * cells).reshape(cells, cells).astype(np.float64)
    for width in (1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 10.0):
        smooth = gaussian_filter(grid, width, mode="constant")
        smooth += np.arange(cells * cells).reshape(cells, cells) * 1e-12  # no plateaus
        peaks = (maximum_filter(smooth, 3) == smooth) & (smooth > 0.05 * smooth.max())
        if peaks.sum() <= most:
            break
    uphill = np.arange(cells * cells)
    padded = np.pad(smooth, 1, constant_values=-np.inf)
    best = smooth.copy()
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            there = padded[1 + down : 1 + down + cells, 1 + right : 1 + right + cells]
            higher = (there > best).ravel()
            uphill[higher] = (np.arange(cells * cells) + down * cells + right)[higher]
            best = np.maximum(best, there)
    while not np.array_equal(uphill, uphill[uphill]):
        uphill = uphill[uphill]
    tops = np.flatnonzero(peaks.ravel())
    names = np.full(cells * cells, -1)
    names[tops] = np.arange(len(tops))
    of = names[uphill]
    y, x = np.divmod(np.arange(cells * cells), cells)
    lost = of < 0  # small hills belong to the nearest large one
    gap = (y[lost, None] - tops // cells) ** 2 + (x[lost, None] - tops % cells) ** 2
    of[lost] = gap.argmin(axis=1)

    def region(places: Layout) -> NDArray[np.int64]:
        found: NDArray[np.int64] = of[cell(places)]
        return found

    order = np.argsort(-np.bincount(region(layout), minlength=len(tops)), kind="stable")
    rank = np.empty(len(tops), np.int64)
    rank[order] = np.arange(len(tops))
    of = rank[of]
    return region
