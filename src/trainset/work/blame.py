"""Blame: which action between two positions of the log made the one state of a sample the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.model import EntryKind
from trainset.store import log
from trainset.store.dataset import Dataset
from trainset.store.replay import Replay

_FIELDS = {"relabelled": "label", "moved split": "split", "excluded": "excluded", "restored": "excluded"}
_SETS = {
    EntryKind.LABEL: "label",
    EntryKind.SPLIT: "split",
    EntryKind.EXCLUDE: "excluded",
    EntryKind.RESTORE: "excluded",
}
_CODES = {"label": 0, "split": 1, "excluded": 2}
_KEY = pa.binary(17)
"""An id and the code of a field."""


class Blame:
    """Which action between two positions, whichever is the later, changed what. 0: none."""

    def __init__(self, dataset: Dataset, a: Replay, b: Replay) -> None:
        self.a, self.b = a, b
        self.first, self.last = sorted((a, b), key=lambda replayed: replayed.at)
        known = {action.seq: action for action in self.last.actions}
        self.moved: dict[int, int] = {}  # actions that came to stand, or no longer stand -> what made that so, last
        for action in self.last.actions[len(self.first.actions) :]:
            target = action
            while target.undoes is not None:
                target = known[target.undoes]
            self.moved[target.seq] = action.seq
        self._keys, self._seqs = self._set(dataset)

    def actions(
        self, kind: str, ids: pa.Array, old: pa.Array, new: pa.Array, a_part: pa.ChunkedArray, b_part: pa.ChunkedArray
    ) -> NDArray[np.int64]:
        """(n,) the action that made each change of a kind. ids: 16 bytes each; old, new: texts; parts: numbers, or null."""
        found = np.zeros(len(ids), np.int64)
        if kind in _FIELDS:
            place = pc.index_in(_keyed(ids, _CODES[_FIELDS[kind]]), value_set=self._keys)
            where = place.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
            found = np.where(where >= 0, np.append(self._seqs, 0)[where], 0)
        if kind == "relabelled":
            found = _for_none(found, old, new, self._renamed)
        return _for_none(found, one_array(a_part, pa.int64()), one_array(b_part, pa.int64()), self._imported)

    def _renamed(self, a_label: str | None, b_label: str | None) -> int | None:
        """The rename or merge by which a label follows its class, or the undo that took one back."""
        earlier, later = (a_label, b_label) if self.a is self.first else (b_label, a_label)
        for there, other, name, end in (
            (self.last, self.first, earlier, later),
            (self.first, self.last, later, earlier),
        ):
            standing, found = {rename.seq for rename in other.renames}, None
            for rename in there.renames:
                if rename.old == name and rename.seq not in standing:
                    name, found = rename.new, self.moved.get(rename.seq)
            if found is not None and name == end:
                return found
        return None

    def _imported(self, a_part: int | None, b_part: int | None) -> int | None:
        """The import by which the source speaks differently, or the undo that took one back."""
        sides = [(self.b, b_part), (self.a, a_part)]
        for replayed, part in sides if self.b is self.last else sides[::-1]:  # the later state first
            if part is not None and replayed.parts[part].seq in self.moved:
                return self.moved[replayed.parts[part].seq]
        return None

    def _set(self, dataset: Dataset) -> tuple[pa.Array, NDArray[np.int64]]:
        """Samples and fields that were set by actions whose standing differs, and what made each what it is at the later position."""
        (then, old), (now, new) = (
            _settings(dataset, [s for s in one.standing if s in self.moved]) for one in (self.first, self.last)
        )
        keys = pa.concat_arrays([then, now]).unique()
        before, after = (
            np.append(seqs, 0)[
                pc.index_in(keys, value_set=some).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
            ]
            for some, seqs in ((then, old), (now, new))
        )
        moved = np.zeros(max(self.moved, default=0) + 1, np.int64)
        moved[[*self.moved]] = [*self.moved.values()]
        # what counted before may count again, because what came after it was taken back
        back = np.where(before > after, np.maximum(moved[before], moved[after]), 0)
        return keys, np.where(after > before, moved[after], back)


def one_array(column: pa.ChunkedArray | pa.Array, kind: pa.DataType) -> pa.Array:
    """A column as one array."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return whole.cast(kind)


def _settings(dataset: Dataset, standing: list[int]) -> tuple[pa.Array, NDArray[np.int64]]:
    """What these actions set: keys, each once, and the last action that set each."""
    keys, seqs = [pa.array([], _KEY)], [np.empty(0, np.int64)]
    with dataset.people.read() as connection:
        for positions, kinds, samples in log.entry_columns(connection, standing, _SETS):
            codes = np.array([_CODES[_SETS[EntryKind(kind)]] for kind in kinds], np.uint8)
            keys.append(_keyed(pa.array(samples, pa.binary(16)), codes))
            seqs.append(np.array(positions, np.int64))
    every, last = pa.concat_arrays(keys).dictionary_encode(), np.concatenate(seqs)
    found = np.zeros(len(every.dictionary), np.int64)
    found[every.indices.to_numpy()] = last  # in the order of the log: the last one stays
    return every.dictionary, found


def _keyed(ids: pa.Array, codes: NDArray[np.uint8] | int) -> pa.Array:
    wide = np.empty((len(ids), 17), np.uint8)
    wide[:, :16] = (
        np.frombuffer(ids.buffers()[1], np.uint8, 16 * len(ids), 16 * ids.offset).reshape(-1, 16) if len(ids) else 0
    )
    wide[:, 16] = codes
    return pa.FixedSizeBinaryArray.from_buffers(_KEY, len(ids), [None, pa.py_buffer(wide)])


def _for_none(
    found: NDArray[np.int64], one: pa.Array, other: pa.Array, of: Callable[[Any, Any], int | None]
) -> NDArray[np.int64]:
    """Where nothing was found, what is said of these two values: asked once for each two that there are."""
    rows = np.flatnonzero(found == 0)
    sides = [side.take(pa.array(rows)).dictionary_encode() for side in (one, other)]
    a, b = (side.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) for side in sides)
    pairs, which = np.unique((a + 1) * (len(sides[1].dictionary) + 1) + b + 1, return_inverse=True)
    known = [[None, *side.dictionary.to_pylist()] for side in sides]
    told = [of(known[0][pair // len(known[1])], known[1][pair % len(known[1])]) or 0 for pair in pairs.tolist()]
    result = found.copy()
    result[rows] = np.array(told, np.int64)[which.reshape(-1)] if len(rows) else 0
    return result
