"""Immutable Parquet parts: written whole, read as what they must be, whoever made them."""

from __future__ import annotations

import json
import stat
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from trainset.errors import DamagedDataset
from trainset.store.durable import whole_file

PART_ROWS = 50_000
"""How many samples a part of `samples/` holds."""

_GROUP_ROWS = 10_000  # a grid of samples reads a few groups, not the whole text column
_FACTS = b"trainset"
_FAULTS = (pa.ArrowException, OSError, UnicodeDecodeError)
_VALUES = 8  # of one column per byte of the file: a part keeps a random hash of 16 bytes for every row
_ROOM, _RATIO = 256 * 2**20, 1000  # bytes that texts may take, and how many times the file
_MOST_TAKEN = 2**30  # bytes of texts of single rows


def write(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema, facts: Mapping[str, object]) -> int:
    """Writes one part, which appears under its name when it is complete. Returns its number of rows.

    `facts` is a JSON object in the file's metadata: what made it, with which versions and settings.
    """
    rows = 0
    schema = with_facts(schema, facts)
    with whole_file(path) as file, pq.ParquetWriter(file, schema, compression="zstd", compression_level=1) as writer:
        for table in together(batches):
            writer.write_table(table.replace_schema_metadata(schema.metadata), row_group_size=_GROUP_ROWS)
            rows += table.num_rows
    return rows


def with_facts(schema: pa.Schema, facts: Mapping[str, object]) -> pa.Schema:
    """The schema of a part that says in its metadata what made it."""
    return schema.with_metadata({_FACTS: json.dumps(facts).encode()})


def together(batches: Iterable[pa.RecordBatch], rows: int = _GROUP_ROWS) -> Iterator[pa.Table]:
    """Batches together to groups of at least so many rows: many small groups are slow to write and slower to read."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(some.num_rows for some in held) >= rows:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


def one(column: pa.ChunkedArray) -> pa.Array:
    """The column in one piece."""
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)


def open_part(path: Path, schema: pa.Schema | None = None) -> pq.ParquetFile:
    """Opens a part. Raises `DamagedDataset` when it is missing, no Parquet, or has other columns than `schema`."""
    try:
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode):
            raise DamagedDataset(
                "a part of the dataset is a link or device", where=str(path), next="restore the file itself"
            )
        file = pq.ParquetFile(path)
        found = file.schema_arrow.remove_metadata()
        _check_size(file.metadata, facts.st_size)
    except FileNotFoundError:
        raise DamagedDataset(
            "a part that the log names is missing",
            where=str(path),
            next="import the source again, or restore it from a backup",
        ) from None
    except _FAULTS as error:
        raise DamagedDataset("a part of the dataset cannot be read", where=str(path), got=_first_line(error)) from error
    if schema is not None and not found.equals(schema.remove_metadata()):
        names = [f.name for f in schema if found.names.count(f.name) != 1 or found.field(f.name).type != f.type]
        raise DamagedDataset(
            "a part of the dataset has other columns than it must have",
            where=str(path),
            got=", ".join(names) or "extra columns",
        )
    return file


def batches(path: Path, columns: list[str], schema: pa.Schema | None = None) -> Iterator[pa.RecordBatch]:
    """The columns of a part, batch by batch. Raises `DamagedDataset` as `open_part` does, and when its texts are too large."""
    with open_part(path, schema) as opened, _texts_apart(opened, path, columns, schema) as file:
        room = _ROOM + _RATIO * path.stat().st_size
        try:
            for batch in file.iter_batches(batch_size=_GROUP_ROWS, columns=columns):
                table = pa.Table.from_batches([batch])
                room -= _length(table)
                if room < 0:
                    raise pa.ArrowInvalid("its texts are many times larger than the file")
                yield from _whole(table, schema).to_batches()
        except _FAULTS as error:
            raise DamagedDataset(
                "a part of the dataset cannot be read", where=str(path), got=_first_line(error)
            ) from error


def among(path: Path, ids: pa.Array, columns: list[str], schema: pa.Schema) -> tuple[NDArray[np.int64], pa.Table]:
    """The rows of a part whose `id` is one of these, and their places in it: only the groups that hold some are read."""
    with open_part(path, schema) as opened, _texts_apart(opened, path, columns, schema) as file:
        room, at = _ROOM + _RATIO * path.stat().st_size, 0
        places, pieces = [np.empty(0, np.int64)], [schema.empty_table().select(columns)]
        try:
            found = pc.is_in(one(file.read(["id"])["id"]), value_set=ids)
            for group in range(file.num_row_groups) if found.true_count else ():
                mine = pc.indices_nonzero(found.slice(at, count := file.metadata.row_group(group).num_rows))
                if len(mine):
                    table = file.read_row_group(group, columns)
                    room -= _length(table)
                    if room < 0:
                        raise pa.ArrowInvalid("its texts are many times larger than the file")
                    pieces.append(_whole(table, schema).take(mine))
                    places.append(mine.to_numpy().astype(np.int64) + at)
                at += count
        except _FAULTS as error:
            raise DamagedDataset(
                "a part of the dataset cannot be read", where=str(path), got=_first_line(error)
            ) from error
        return np.concatenate(places), pa.concat_tables(pieces)


def take(path: Path, rows: list[int], columns: list[str], schema: pa.Schema | None = None) -> pa.Table:
    """Single rows of a part, in the order asked for, reading only the groups that hold them."""
    with open_part(path, schema) as opened, _texts_apart(opened, path, columns, schema) as file:
        try:
            starts = [0]
            for group in range(file.num_row_groups):
                starts.append(starts[-1] + file.metadata.row_group(group).num_rows)
            if not rows or max(rows) >= starts[-1]:
                return (schema or file.schema_arrow).empty_table().select(columns)
            within = [bisect_right(starts, row) - 1 for row in rows]
            groups, begins, at = sorted(set(within)), {}, 0
            for group in groups:
                begins[group] = at - starts[group]
                at += starts[group + 1] - starts[group]
            places = [row + begins[group] for row, group in zip(rows, within, strict=True)]
            table = file.read_row_groups(groups, columns=columns).take(pa.array(places, pa.int64()))
            if _length(table) > _MOST_TAKEN:
                raise pa.ArrowInvalid("its texts are too large")
            return _whole(table, schema)
        except _FAULTS as error:
            raise DamagedDataset(
                "a part of the dataset cannot be read", where=str(path), got=_first_line(error)
            ) from error


def facts(path: Path) -> dict[str, object]:
    """What `write` was given as facts; empty when there are none."""
    with open_part(path) as file:
        return facts_of(file)


def facts_of(part: pq.ParquetFile) -> dict[str, object]:
    """The same of a part that is open."""
    try:
        found = json.loads((part.schema_arrow.metadata or {}).get(_FACTS, b"{}"))
    except (ValueError, RecursionError):
        found = {}
    return found if isinstance(found, dict) else {}


def _check_size(metadata: pq.FileMetaData, size: int) -> None:
    """A part holds at least the random bytes of its hashes: one that claims many values in few bytes is a bomb."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    chunks = [group.column(number) for group in groups for number in range(group.num_columns)]
    rows = [group.num_rows for group in groups]
    if min(rows, default=0) < 0 or sum(rows) != metadata.num_rows:
        raise pa.ArrowInvalid("its row groups do not add up")
    columns = max((group.num_columns for group in groups), default=0)
    if sum(chunk.num_values for chunk in chunks) > _VALUES * columns * size:
        raise pa.ArrowInvalid("it claims more values than its bytes can hold")
    if sum(chunk.total_uncompressed_size for chunk in chunks) > _ROOM + _RATIO * size:
        raise pa.ArrowInvalid("it claims to be many times larger than its file")


def _texts_apart(file: pq.ParquetFile, path: Path, columns: list[str], schema: pa.Schema | None) -> pq.ParquetFile:
    """The part, opened so that texts stay behind a dictionary: a text that a million rows share is there once until its size
    is known."""
    texts = [name for name in columns if schema is not None and pa.types.is_string(schema.field(name).type)]
    return pq.ParquetFile(path, metadata=file.metadata, read_dictionary=texts)


def _length(table: pa.Table) -> int:
    """How many bytes the texts of a table take once they stand for themselves."""
    total = 0
    for column in table.columns:
        for chunk in column.chunks if pa.types.is_dictionary(column.type) else ():
            lengths = pc.binary_length(chunk.dictionary).cast(pa.int64())
            total += pc.sum(lengths.take(chunk.indices)).as_py() or 0
    return total


def _whole(table: pa.Table, schema: pa.Schema | None) -> pa.Table:
    """The table with its texts in place, tested: UTF-8, and no sample without id, source and content."""
    columns = [
        pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks], pa.string())
        if pa.types.is_dictionary(column.type)
        else column
        for column in table.columns
    ]
    whole = pa.table(dict(zip(table.column_names, columns, strict=True)))
    whole.validate(full=True)
    for name in ("id", "source", "content") if schema is not None and "id" in schema.names else ():
        if name in whole.column_names and whole[name].null_count:
            raise pa.ArrowInvalid(f"a sample has no {name}")
    return whole


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
