"""Where samples lie on a map, kept in the cache by content and by what made the embedding, with what its regions were called."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.errors import DamagedDataset
from trainset.store import parts
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file
from trainset.store.embedded import Made

SCHEMA = pa.schema([("content", pa.binary(16)), ("x", pa.float32()), ("y", pa.float32()), ("landmark", pa.bool_())])
_LONGEST = 2_000_000


def map_path(dataset: Dataset, made: Made) -> Path:
    """Where its places lie."""
    return dataset.place("cache", f"map-{made.key}.parquet")


def read_map(dataset: Dataset, made: Made) -> pa.Table:
    """The places that are kept; none when there are none, or the file is not what it must be: it is a cache, and made again. `made_of` in its
    metadata: of how many contents it was laid out."""
    path, nothing = map_path(dataset, made), SCHEMA.empty_table()
    if not path.exists():
        return nothing
    try:
        facts = parts.facts(path)
        table = pa.Table.from_batches(parts.batches(path, SCHEMA.names, SCHEMA), SCHEMA)
    except DamagedDataset:
        return nothing
    places = np.stack([table["x"].to_numpy(), table["y"].to_numpy()])
    good = not any(column.null_count for column in table.columns) and bool((np.abs(places) <= 2).all())
    made_of = facts.get("made_of")
    if not good or not isinstance(made_of, int) or not pc.any(table["landmark"]).as_py():
        return nothing
    return table.replace_schema_metadata({"made_of": str(made_of)})


def write_map(dataset: Dataset, made: Made, table: pa.Table, made_of: int) -> None:
    """Takes the place of what was kept."""
    path = map_path(dataset, made)
    path.parent.mkdir(exist_ok=True)
    parts.write(path, table.to_batches(), SCHEMA, {**made.as_dict(), "made_of": made_of})


def write_regions(dataset: Dataset, made: Made, at: int, regions: Sequence[Mapping[str, Any]]) -> None:
    """What the regions of a map are called at a position."""
    path = map_path(dataset, made).with_suffix(".json")
    path.parent.mkdir(exist_ok=True)
    with whole_file(path) as file:
        file.write(json.dumps({"at": at, "regions": regions}, ensure_ascii=True).encode())


def read_regions(dataset: Dataset, made: Made) -> tuple[int, list[dict[str, Any]]]:
    """The position that they were named at (-1: never, or the file is not what it must be), and number, name, samples, traits, x and y of each."""
    path = dataset.place("cache", f"map-{made.key}.json")
    if not path.is_file() or path.stat().st_size > _LONGEST:
        return -1, []
    try:
        said = json.loads(path.read_bytes())
        found = [
            {
                "number": int(one["number"]), "name": str(one["name"])[:300], "samples": int(one["samples"]),
                "traits": [str(trait)[:300] for trait in one["traits"]][:10], "x": float(one["x"]), "y": float(one["y"]),
            }
            for one in said["regions"][:100]
        ]  # fmt: skip
        return int(said["at"]), found
    except (ValueError, TypeError, KeyError, RecursionError):
        return -1, []
