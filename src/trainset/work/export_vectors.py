"""Vectors and previews beside the samples of an export, for formats that show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.store.dataset import Dataset
from trainset.work.look import Samples
from trainset.work.with_vectors import with_vectors


def with_embeddings(dataset: Dataset, at: int, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches with `vector` and, of pictures, `preview`. Raises `BadValue` when no sample has an embedding."""
    found = with_vectors(dataset, at=at)
    known = found.ids
    for batch in batches:
        ids = pa.array([bytes.fromhex(one) for one in batch.column("id").to_pylist()], pa.binary(16))
        rows = pc.index_in(ids, value_set=known).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        there = np.flatnonzero(rows >= 0)
        vectors: list[bytes | None] = [None] * len(rows)
        for place, vector in zip(there.tolist(), found.view.take(rows[there]).astype("<f4"), strict=True):
            vectors[place] = vector.tobytes()
        previews: list[bytes | None] = [None] * len(rows)
        if dataset.medium == "image" and len(rows):
            samples = Samples.of(dataset, ids, at)
            kept = samples.previews()
            content = dict(zip(samples.known["id"].to_pylist(), samples.known["content"].to_pylist(), strict=True))
            previews = [kept.get(content[one]) if one in content else None for one in ids.to_pylist()]
        batch = batch.append_column("vector", pa.array(vectors, pa.binary()))
        yield batch.append_column("preview", pa.array(previews, pa.binary()))
