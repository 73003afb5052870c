"""What a source has in the dataset already: for looking up, and for noticing what is gone."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.store import ids, parts, paths
from trainset.store.dataset import Dataset
from trainset.store.replay import Replay
from trainset.store.schema import SAMPLES

_SHOWN = 20


class Known:
    """The samples a source has in the dataset already, for looking up and for noticing what is gone."""

    def __init__(self, table: pa.Table, root: Path) -> None:
        self.table = table
        self.seen: NDArray[np.bool_] = np.zeros(table.num_rows, bool)
        self.ids = table["id"].combine_chunks()
        self.paths = table["path"].combine_chunks()
        self.taken = set(self.ids.to_pylist()) if self.paths.null_count < len(self.paths) else set()
        self.vanished: dict[bytes, list[int]] = defaultdict(list)
        for place, path in enumerate(self.paths.to_pylist()):
            if path is not None and not os.path.lexists(root / paths.local(path)):
                self.vanished[table["content"][place].as_py()].append(place)

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
