"""With vectors: the samples of a position that have an embedding, with it; or an error that says which command makes one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.store import log
from trainset.store.dataset import Dataset
from trainset.store.query import open_table
from trainset.work import learned
from trainset.work.embed import embeddings
from trainset.work.vectors import Embeddings

_BATCH = 4096


@dataclass(frozen=True)
class WithVectors:
    """Samples in the order of import. rows: `id`, `content`, `label`, `excluded` and what else was asked for. without: how many more have no
    embedding."""

    at: int
    rows: pa.Table
    view: Embeddings
    without: int

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    @property
    def ids(self) -> pa.Array:
        """16 bytes each."""
        return self.rows["id"].combine_chunks().cast(pa.binary(16))

    @property
    def contents(self) -> pa.Array:
        """16 bytes each."""
        return self.rows["content"].combine_chunks().cast(pa.binary(16))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be said of those that are left out."""
        some = f"{self.without:,} {'sample has' if self.without == 1 else 'samples have'}"
        return (f"{some} no embedding by {self.view.made.embedder}, and are left out: trainset embed",) * bool(
            self.without
        )


def with_vectors(
    dataset: Dataset,
    embedder: str = "",
    at: str | int | None = None,
    columns: Sequence[str] = (),
    *,
    excluded: bool = False,
) -> WithVectors:
    """The samples of a position (excluded ones too, if asked) that have an embedding.

    embedder: a name of `embedders`; by default that of the latest run, else that of the medium. Raises `BadValue` when there is none,
    `UnknownName` for an embedder that does not exist.
    """
    position = log.position(dataset, at)
    wanted = list(dict.fromkeys(["id", "content", "label", "excluded", *columns]))
    with open_table(dataset, position, columns=wanted) as table:
        rows = table.select(wanted, [] if excluded else ["not excluded"])
    if not rows.num_rows:
        raise BadValue("there is no sample yet", next="trainset import SOURCE")
    view = _view(dataset, rows["content"].combine_chunks(), embedder, position)
    known = view.known
    if not known.any():
        name = view.made.embedder
        flag = f" --embedder {name}" if embedder else ""
        raise BadValue("no sample has an embedding", got=f"embedder {name}", next=f"trainset embed{flag}")
    there = np.flatnonzero(known)
    return WithVectors(position, rows.take(pa.array(there)), view.only(there), int((~known).sum()))


def _view(dataset: Dataset, contents: pa.Array, embedder: str, at: int) -> Embeddings:
    if embedder:
        return embeddings(dataset, contents, embedder=embedder)
    try:
        return learned.vectors(dataset, at, contents)
    except LookupError as missing:
        if "one's own" in str(missing):
            raise BadValue(str(missing), next="--embedder NAME: trainset embedders lists them") from None
        raise BadValue("no sample has an embedding", got=str(missing), next="trainset embed") from None


def unit(view: Embeddings, size: int = _BATCH) -> Iterator[NDArray[np.float32]]:
    """The vectors at unit length, (rows, dim) float32 at a time."""
    for batch in view.batches(size):
        yield batch / np.maximum(np.linalg.norm(batch, axis=1, keepdims=True), np.float32(1e-12))
