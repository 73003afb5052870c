"""The one neighbour index: the nearest others of every vector, exact in small sets, approximate in large ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Batches = Callable[[], Iterator[NDArray[np.float32]]]
"""Makes the batches of all vectors, (rows, dim) float32 of unit length each, in order; it is asked for them twice."""

EXACT = 20_000
"""Vectors up to which every pair is compared."""
_LINKS, _WIDTH = 16, 64
"""Of the graph: neighbours a vector is linked to, and how many candidates are kept while it is built and searched."""


def neighbours(
    batches: Batches, count: int, dim: int, k: int, progress: Callable[[int], None] = lambda rows: None
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The `k` nearest others of each of `count` vectors, nearest first: (n, k) int32 rows and (n, k) float32 distances, 0 to 2.

    Above 20,000 vectors by a navigable small-world graph (HNSW: Malkov and Yashunin 2016) over half-precision values, which finds
    nearly all. With fewer than `k` others the rest is -1, at distance 2. progress: called with how many more rows are done, each
    twice, for the index is built and then asked.
    """
    rows = np.full((count, k), -1, np.int32)
    distances = np.full((count, k), 2, np.float32)
    if count < 2:
        return rows, distances
    index = _index(dim, exact=count <= EXACT)
    for batch in batches():
        index.add(batch)
        progress(len(batch))
    start = 0
    for batch in batches():
        similar, found = index.search(batch, min(k + 1, count))
        stop = start + len(batch)
        rows[start:stop], distances[start:stop] = _others(found, similar, np.arange(start, stop), k)
        start = stop
        progress(len(batch))
    return rows, distances


def nearest_to(
    vectors: NDArray[np.float32], batches: Iterator[NDArray[np.float32]], k: int, among: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The `k` nearest of all vectors to each of a few, nearest first, exactly and in one pass: (q, k) rows and distances, 0 to 2.

    vectors: (q, dim), of unit length as those of `batches` are. among: (n,) which may be found. -1 at distance 2 where there are fewer.
    """
    rows = np.full((len(vectors), k), -1, np.int64)
    similar = np.full((len(vectors), k), -np.inf, np.float32)
    start = 0
    for batch in batches:
        here = np.arange(start, start + len(batch))
        start += len(batch)
        there = here if among is None else here[among[here]]
        if not len(there) or not k:
            continue
        score = vectors @ batch[there - here[0]].T
        joined = np.concatenate([similar, score], axis=1)
        names = np.concatenate([rows, np.broadcast_to(there, score.shape)], axis=1)
        order = np.argsort(-joined, axis=1, kind="stable")[:, :k]
        rows, similar = np.take_along_axis(names, order, axis=1), np.take_along_axis(joined, order, axis=1)
    distances = np.where(rows >= 0, np.sqrt(np.clip(2 - 2 * similar, 0, 4)), np.float32(2)).astype(np.float32)
    return rows, distances


def nearest_of(
    batches: Batches, others: NDArray[np.float32], k: int, progress: Callable[[int], None] = lambda rows: None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The `k` nearest among `others` (m, dim) of each vector, nearest first: (n, k) rows of them, -1 beyond their number, and distances.

    Every pair is compared up to 20,000 others, above that as in `neighbours`. progress: called with how many more are done."""
    search = searcher(others, exact=len(others) <= EXACT)
    rows, distances = [np.empty((0, k), np.int64)], [np.empty((0, k), np.float32)]
    for batch in batches():
        found, apart = search(batch, k)
        rows.append(found)
        distances.append(apart)
        progress(len(batch))
    return np.concatenate(rows), np.concatenate(distances)


def searcher(
    vectors: NDArray[np.float32], *, exact: bool
) -> Callable[[NDArray[np.float32], int], tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """What finds the nearest of some vectors to others, all of unit length: called with (q, dim) and k, it gives (q, k) rows, -1 where the
    graph found fewer, and distances, nearest first. exact: compare with all."""
    index = _index(vectors.shape[1], exact=exact)
    index.add(vectors)

    def search(others: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        similar, rows = index.search(others, k)
        return rows, np.where(rows >= 0, np.sqrt(np.clip(2 - 2 * similar, 0, 4)), 2).astype(np.float32)

    return search


def _index(dim: int, *, exact: bool) -> Any:
    import faiss  # takes a fifth of a second, so not before it is needed

    if exact:
        return faiss.IndexFlatIP(dim)
    graph = faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_fp16, _LINKS, faiss.METRIC_INNER_PRODUCT)  # type: ignore[arg-type]  # its stubs are wrong
    graph.hnsw.efConstruction = graph.hnsw.efSearch = _WIDTH
    return graph


def _others(
    found: NDArray[np.int64], similar: NDArray[np.float32], own: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Without the vector itself, which need not come first among equals; a place is left out in any case."""
    itself = found == own[:, None]
    itself[~itself.any(axis=1), -1] = True
    rows = np.full((len(own), k), -1, np.int64)
    distances = np.full((len(own), k), 2, np.float32)
    width = found.shape[1] - 1
    rows[:, :width] = found[~itself].reshape(len(own), width)
    squares = 2 - 2 * similar[~itself].reshape(len(own), width)
    distances[:, :width] = np.where(rows[:, :width] >= 0, np.sqrt(np.clip(squares, 0, 4)), 2)
    return rows, distances
