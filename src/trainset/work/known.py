"""What a source has in the dataset already: for looking up, and for noticing what is gone."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.store import ids, parts, paths
from trainset.store.dataset import Dataset
from trainset.store.replay import Replay
from trainset.store.schema import SAMPLES

_SHOWN = 20


class Known:
    """The samples a source has in the dataset already."""

    def __init__(self, table: pa.Table, root: Path) -> None:
        self.table = table
        self.seen: NDArray[np.bool_] = np.zeros(table.num_rows, bool)
        self.ids = table["id"].combine_chunks()
        self.contents = table["content"].combine_chunks()
        self._heads = _heads(self.ids)
        self._order = np.argsort(self._heads)
        self._heads = self._heads[self._order]
        found = table["path"].to_pylist() if table["path"].null_count < table.num_rows else []
        self.places = {path: place for place, path in enumerate(found) if path is not None}
        self.taken = set(self.ids.to_pylist()) if self.places else set()
        self.vanished: dict[bytes, list[int]] = defaultdict(list)
        for path, place in self.places.items():
            if not os.path.lexists(root / paths.local(path)):
                self.vanished[self.contents[place].as_py()].append(place)

    def by_id(self, wanted: pa.Array) -> pa.Array:
        """For each id its place in the table, null where it is not there. Ids are found by their first 8 bytes, sorted."""
        if not len(self.ids):
            return pa.nulls(len(wanted), pa.int64())
        heads = _heads(wanted)
        place = self._order[np.minimum(np.searchsorted(self._heads, heads), len(self._heads) - 1)]
        same = pc.fill_null(pc.equal(self.ids.take(pa.array(place)), wanted), False)
        return pc.if_else(same, pa.array(place, pa.int64()), pa.scalar(None, pa.int64()))

    def by_path(self, wanted: pa.Array) -> pa.Array:
        """For each path its place in the table, null where it is not there."""
        if not self.places:
            return pa.nulls(len(wanted), pa.int64())
        return pa.array([self.places.get(path) for path in wanted.to_pylist()], pa.int64())

    @classmethod
    def load(cls, dataset: Dataset, replay: Replay, source: str, root: Path) -> Known:
        """Reads the parts of this source; of several rows of a sample the last one counts."""
        columns = [name for name in SAMPLES.names if name not in ("text", "source")]
        mine = [part for part in replay.parts if part.source == source]
        batches = [
            batch for part in mine for batch in parts.batches(dataset.place("samples", part.name), columns, SAMPLES)
        ]
        table = pa.Table.from_batches(batches, pa.schema([SAMPLES.field(name) for name in columns]))
        if replay.overlaps:
            last = (
                table.select(["id"])
                .append_column("place", pa.array(range(table.num_rows)))
                .group_by("id")
                .aggregate([("place", "max")])
            )
            table = table.take(last["place_max"])
        return cls(table, root)

    def missing(self) -> tuple[int, tuple[str, ...]]:
        """How many of them the source no longer has, and the first names."""
        gone = np.flatnonzero(~self.seen)
        names = (
            self.table["path"][int(i)].as_py() or ids.shown(self.table["id"][int(i)].as_py()) for i in gone[:_SHOWN]
        )
        return len(gone), tuple(names)


def _heads(identifiers: pa.Array) -> NDArray[np.uint64]:
    """The first 8 bytes of each id, as numbers."""
    if not len(identifiers):
        return np.empty(0, np.uint64)
    data = np.frombuffer(identifiers.buffers()[1], np.uint64)
    return data[identifiers.offset * 2 : (identifiers.offset + len(identifiers)) * 2 : 2].copy()
