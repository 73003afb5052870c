"""Immutable Parquet parts: written whole, read as what they must be, whoever made them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from trainset.errors import DamagedDataset
from trainset.store.durable import whole_file

PART_ROWS = 50_000
"""How many samples a part of `samples/` holds."""

_GROUP_ROWS = 10_000  # a grid of samples reads a few groups, not the whole text column
_FACTS = b"trainset"


def write(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema, facts: Mapping[str, object]) -> int:
    """Writes one part, which appears under its name when it is complete. Returns its number of rows.

    `facts` is a JSON object in the file's metadata: what made it, with which versions and settings.
    """
    rows = 0
    schema = schema.with_metadata({_FACTS: json.dumps(facts).encode()})
    with whole_file(path) as file, pq.ParquetWriter(file, schema, compression="zstd", compression_level=1) as writer:
        for batch in batches:
            table = pa.Table.from_batches([batch]).replace_schema_metadata(schema.metadata)
            writer.write_table(table, row_group_size=_GROUP_ROWS)
            rows += batch.num_rows
    return rows


def open_part(path: Path, schema: pa.Schema | None = None) -> pq.ParquetFile:
    """Opens a part. Raises `DamagedDataset` when it is missing, no Parquet, or has other columns than `schema`."""
    if path.is_symlink():
        raise DamagedDataset("a part of the dataset is a link", where=str(path), next="restore the file itself")
    try:
        file = pq.ParquetFile(path)
        found = file.schema_arrow.remove_metadata()
    except FileNotFoundError:
        raise DamagedDataset(
            "a part that the log names is missing",
            where=str(path),
            next="import the source again, or restore it from a backup",
        ) from None
    except (pa.ArrowException, OSError) as error:
        raise DamagedDataset("a part of the dataset cannot be read", where=str(path), got=_first_line(error)) from error
    if schema is not None and not found.equals(schema.remove_metadata()):
        names = [f.name for f in schema if f.name not in found.names or found.field(f.name).type != f.type]
        raise DamagedDataset(
            "a part of the dataset has other columns than it must have",
            where=str(path),
            got=", ".join(names) or "extra columns",
        )
    return file


def batches(path: Path, columns: list[str], schema: pa.Schema | None = None) -> Iterator[pa.RecordBatch]:
    """The columns of a part, batch by batch. Raises `DamagedDataset` as `open_part` does."""
    with open_part(path, schema) as file:
        try:
            yield from file.iter_batches(batch_size=_GROUP_ROWS, columns=columns)
        except (pa.ArrowException, OSError) as error:
            raise DamagedDataset(
                "a part of the dataset cannot be read", where=str(path), got=_first_line(error)
            ) from error


def take(path: Path, rows: list[int], columns: list[str], schema: pa.Schema) -> pa.Table:
    """Single rows of a part, in the order asked for, reading only the groups that hold them."""
    with open_part(path, schema) as file:
        try:
            starts = [0]
            for group in range(file.num_row_groups):
                starts.append(starts[-1] + file.metadata.row_group(group).num_rows)
            if not rows or max(rows) >= starts[-1]:
                return schema.empty_table().select(columns)
            groups = sorted({next(g for g in range(file.num_row_groups) if row < starts[g + 1]) for row in rows})
            offsets, at = {}, 0
            for group in groups:
                offsets.update(
                    {
                        row: at + row - starts[group]
                        for row in range(starts[group], starts[group + 1])
                        if row in set(rows)
                    }
                )
                at += starts[group + 1] - starts[group]
            table = file.read_row_groups(groups, columns=columns)
            return table.take(pa.array([offsets[row] for row in rows], pa.int64()))
        except (pa.ArrowException, OSError) as error:
            raise DamagedDataset(
                "a part of the dataset cannot be read", where=str(path), got=_first_line(error)
            ) from error


def facts(path: Path) -> dict[str, object]:
    """What `write` was given as facts; empty when there are none."""
    with open_part(path) as file:
        try:
            found = json.loads((file.schema_arrow.metadata or {}).get(_FACTS, b"{}"))
        except (ValueError, RecursionError):
            found = {}
    return found if isinstance(found, dict) else {}


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
