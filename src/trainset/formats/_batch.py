"""Candidate batches, made from the columns a format has."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from trainset.store.schema import CANDIDATES

ROWS = 10_000
"""How many samples a format hands over at a time, at most."""


def candidates(rows: int, **columns: Any) -> pa.RecordBatch:
    """A batch with the columns of `CANDIDATES`; what is not named is null. Values: Arrow arrays or lists."""
    arrays = []
    for field in CANDIDATES:
        value = columns.pop(field.name, None)
        if value is None:
            arrays.append(pa.nulls(rows, field.type))
        else:
            arrays.append(value.cast(field.type) if isinstance(value, pa.Array) else pa.array(value, field.type))
    if columns:
        raise TypeError(f"no such columns: {', '.join(columns)}")
    return pa.record_batch(arrays, schema=CANDIDATES)
