"""Media with no home elsewhere, by content hash: `blobs/ab/cdef...`."""

from __future__ import annotations

from pathlib import Path

from trainset.store import ids
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file

_LONGEST = 2**30
"""Bytes read of one blob, several times what an import takes: a forged one cannot fill the memory."""


def put(dataset: Dataset, data: bytes) -> bytes:
    """Keeps these bytes and returns their content hash. The same bytes twice are kept once."""
    content = ids.content_hash(data)
    path = _path(dataset, content)
    if not has(dataset, content):
        with whole_file(path) as file:
            file.write(data)
    return content


def get(dataset: Dataset, content: bytes) -> bytes | None:
    """The bytes of a content hash, or None when they are not kept here or no longer are what they were."""
    path = _path(dataset, content)
    if not path.is_file():
        return None
    with path.open("rb") as file:
        data = file.read(_LONGEST)
    return data if ids.content_hash(data) == content else None


def has(dataset: Dataset, content: bytes) -> bool:
    """Whether the bytes of this content are kept, and still are what they were."""
    return get(dataset, content) is not None


def _path(dataset: Dataset, content: bytes) -> Path:
    digits = content.hex()
    return dataset.place("blobs", digits[:2], digits[2:])
