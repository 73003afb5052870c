"""The embeddings of samples as checks and heads take them: read as they are used, with the neighbours of each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from trainset.learn.neighbours import neighbours
from trainset.store import embedded

_BATCH = 4096


class Embeddings(embedded.Embeddings):
    """`len`, `dim`, `known`, `batches()`, `take(rows)`, `only(rows)` and `neighbours(k)`; never one array of all."""

    def neighbours(self, k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The `k` nearest others of each sample by angle, nearest first: (n, k) int32 rows and (n, k) float32 distances, 0 to 2.
        -1 at distance 2 where there are fewer, and for samples without embedding."""
        known = np.flatnonzero(self.known)
        rows = np.full((len(self), k), -1, np.int32)
        distances = np.full((len(self), k), 2, np.float32)
        mine = self.only(known)

        def batches() -> Iterator[NDArray[np.float32]]:
            for batch in mine.batches(_BATCH):
                yield batch / np.maximum(np.linalg.norm(batch, axis=1, keepdims=True), np.float32(1e-12))

        found, apart = neighbours(batches, len(mine), self.dim, k)
        rows[known] = np.where(found >= 0, known[np.maximum(found, 0)] if len(known) else found, -1)
        distances[known] = apart
        return rows, distances
