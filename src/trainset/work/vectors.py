"""The embeddings of samples as checks and heads take them: read as they are used, with the neighbours of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from trainset import registry
from trainset.learn.neighbours import neighbours
from trainset.store import embedded

_BATCH = 4096
_AT_LEAST = 16
"""Neighbours that are looked for, so that checks which ask for fewer share one search."""


class Embeddings(embedded.Embeddings):
    """`len`, `dim`, `known`, `learnt`, `batches()`, `take(rows)`, `only(rows)` and `neighbours(k)`; never one array of all."""

    _found: tuple[NDArray[np.int32], NDArray[np.float32]] | None = None

    @property
    def learnt(self) -> bool:
        """Whether a trained network made them: those that come with trainset and need no package count pixels, bands or letters."""
        plugin = registry.plugins("embedder").get(self.made.embedder)
        return plugin is None or bool(plugin.facts["packages"])

    def neighbours(self, k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The `k` nearest others of each sample by angle, nearest first: (n, k) int32 rows and (n, k) float32 distances, 0 to 2.
        -1 at distance 2 where there are fewer, and for samples without embedding. They are looked for once."""
        if self._found is None or self._found[0].shape[1] < k:
            self._found = self._neighbours(max(k, _AT_LEAST))
        rows, distances = self._found
        return rows[:, :k], distances[:, :k]

    def only(self, rows: NDArray[np.integer[Any]] | NDArray[np.bool_] | Sequence[int]) -> Self:
        """The embeddings of some of the samples (a mask, or their rows), in the order of `rows`."""
        other = super().only(rows)
        other._found = None
        return other

    def _neighbours(self, k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
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
