"""A random draw of samples, the same on every machine."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def draw(identifiers: pa.ChunkedArray, count: int, seed: int) -> pa.Array:
    """The places of a seeded random draw without replacement, the same on every machine and whatever the order of import.

    Ids are hashes already: their first 8 bytes, mixed with the seed by SplitMix64 (Steele, Lea & Flood, OOPSLA 2014), are the
    sorting key.
    """
    if len(identifiers) == 0:
        return pa.array([], pa.int64())
    joined = b"".join(
        memoryview(chunk.buffers()[1])[chunk.offset * 16 : (chunk.offset + len(chunk)) * 16]
        for chunk in _fixed(identifiers)
    )
    key = np.frombuffer(joined, "<u8")[::2].copy()
    with np.errstate(over="ignore"):
        key += np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64)
        key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        key ^= key >> np.uint64(31)
    count = min(count, len(key))
    first = np.argpartition(key, count - 1)[:count] if count < len(key) else np.arange(len(key))
    return pa.array(first[np.argsort(key[first], kind="stable")])


def _fixed(column: pa.ChunkedArray) -> list[pa.Array]:
    return [chunk for chunk in column.cast(pa.binary(16)).chunks if len(chunk)]
