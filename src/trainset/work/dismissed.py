"""What people said is no problem, as the log has it: findings of samples, and pairs."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import DamagedDataset
from trainset.model import Action, EntryKind
from trainset.store import log
from trainset.store.dataset import Dataset


def dismissals(dataset: Dataset, at: str | int | None = None) -> dict[str, dict[Action, list[bytes]]]:
    """Check -> action -> ids (16 bytes each) of the samples whose finding somebody dismissed by it; the action says who, when and why."""
    found: dict[str, dict[Action, list[bytes]]] = {}
    position = log.position(dataset, at)
    with dataset.people.read() as connection:
        standing = {a.seq: a for a in log.read_actions(connection, position) if not a.undone and a.undoes is None}
        for seq, entry in log.read_entries(connection, [*standing], [EntryKind.DISMISSED]):
            if entry.sample is not None and entry.subject and entry.value is None:
                found.setdefault(entry.subject, {}).setdefault(standing[seq], []).append(entry.sample)
    return found


def apart(dataset: Dataset, ids: pa.Array, at: int | None = None) -> dict[str, NDArray[np.int64]]:
    """Check -> (k, 2) the rows among `ids` (16 bytes each) of the pairs that people dismissed of it; pairs of which one is not there are left out."""
    said: dict[str, list[tuple[bytes, bytes]]] = {}
    with dataset.people.read() as connection:
        standing = [a.seq for a in log.read_actions(connection, at) if not a.undone and a.undoes is None]
        for seq, entry in log.read_entries(connection, standing, [EntryKind.DISMISSED]):
            if entry.sample is None or not entry.subject or entry.value is None:
                continue
            if not re.fullmatch("[0-9a-f]{32}", entry.value):
                raise DamagedDataset(
                    f"action #{seq} dismisses a pair of something else",
                    where=str(dataset.folder),
                    got=repr(entry.value[:80]),
                )
            said.setdefault(entry.subject, []).append((entry.sample, bytes.fromhex(entry.value)))
    found = {}
    for check, pairs in said.items():
        places = pc.index_in(pa.array([one for pair in pairs for one in pair], pa.binary(16)), value_set=ids)
        rows = places.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64).reshape(-1, 2)
        found[check] = rows[(rows >= 0).all(axis=1)]
    return found
