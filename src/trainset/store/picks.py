"""Picks: lists of samples that were picked by hand, kept by what they hold, so that a filter and an address can name them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from sqlalchemy import select

from trainset.errors import BadFilter, BadValue, StorageFull
from trainset.model import EntryKind
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file
from trainset.store.filters import PICKED
from trainset.store.locking import unpack
from trainset.store.tables import entries

MOST = 5_000_000
"""Samples of one pick."""
_ID = 16
_FILES, _BYTES = 2_000, 400_000_000
"""Of all picks together; those made longest ago go first: they are a cache."""
_NAME = re.compile(PICKED + r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Pick:
    """name: what a filter calls it. samples: how many it holds."""

    name: str
    samples: int


def keep_pick(dataset: Dataset, ids: bytes | pa.Array) -> Pick:
    """Keeps ids (16 bytes each) under a name made of what they are: the same samples have the same name, in any order. Raises `BadValue`."""
    data = _bytes_of(ids) if isinstance(ids, pa.Array) else ids
    if not data or len(data) % _ID or len(data) > MOST * _ID:
        raise BadValue(
            "this is no list of samples",
            expected=f"16 bytes each, of 1 to {MOST:,} samples",
            got=f"{len(data):,} bytes",
        )
    found = _each_once(data)
    name = PICKED + hashlib.sha256(found).hexdigest()[:_ID]
    _write(_path(dataset, name), found)
    return Pick(name, len(found) // _ID)


def read_pick(dataset: Dataset, name: str) -> pa.Array:
    """The ids of a pick. Raises `BadFilter` when it is no longer kept, or damaged."""
    path = _path(dataset, name)
    data = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
    if not _is_of(name, data):
        data = _from_log(dataset, name)
        if not _is_of(name, data):
            raise BadFilter(
                f"the pick {name!r} is not kept here",
                next="pick the samples again: picks are a cache of one machine; a saved selection, a queue or a label lasts",
            )
        with contextlib.suppress(OSError, StorageFull):  # it is found in the log again
            _write(path, data)
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(_ID), len(data) // _ID, [None, pa.py_buffer(data)])


def picks_in(text: str) -> list[str]:
    """The names of picks that a text may speak of."""
    return _NAME.findall(text.lower())


def _bytes_of(ids: pa.Array) -> bytes:
    whole = ids.cast(pa.binary(_ID))
    return (
        whole.buffers()[1].to_pybytes()[whole.offset * _ID : (whole.offset + len(whole)) * _ID] if len(whole) else b""
    )


def _each_once(data: bytes) -> bytes:
    """In the order of their bytes: two numbers each, which are sorted faster than texts."""
    numbers = np.frombuffer(data, ">u8").reshape(-1, 2)
    high, low = numbers[:, 0].astype(np.uint64), numbers[:, 1].astype(np.uint64)
    order = np.lexsort((low, high))
    other = np.append(True, (np.diff(high[order]) != 0) | (np.diff(low[order]) != 0))
    found: bytes = numbers[order[other]].tobytes()
    return found


def _is_of(name: str, data: bytes) -> bool:
    return bool(data) and not len(data) % _ID and PICKED + hashlib.sha256(data).hexdigest()[:_ID] == name


def _from_log(dataset: Dataset, name: str) -> bytes:
    """The ids of a pick that a saved selection speaks of, also of one that was taken away; empty when there is none, or they cannot be read."""
    mine = (entries.c.kind == str(EntryKind.PICKED)) & (entries.c.subject == name)
    with dataset.people.read() as connection:
        packed = connection.execute(select(entries.c.value).where(mine).order_by(entries.c.seq, entries.c.n)).scalars()
        try:
            return b"".join(one for text in packed for one in unpack(text or ""))
        except (ValueError, TypeError):
            return b""


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write(data)
    _tidy(path)


def _path(dataset: Dataset, name: str) -> Path:
    return dataset.place("cache", "picks") / name


def _tidy(newest: Path) -> None:
    """Takes the oldest away, never the one just made."""
    found = sorted((entry.stat().st_mtime, entry.path, entry.stat().st_size) for entry in os.scandir(newest.parent))
    count, size = len(found), sum(one[2] for one in found)
    for _, path, length in found:
        if count <= _FILES and size <= _BYTES:
            return
        if path != str(newest):
            Path(path).unlink(missing_ok=True)
            count, size = count - 1, size - length
