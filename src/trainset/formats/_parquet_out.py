"""Writing Parquet files that Hugging Face's `datasets` loads: shards per split, features in the metadata."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from trainset.contracts import Losses
from trainset.errors import BadValue
from trainset.formats import _features, _json
from trainset.formats._columns import column_for
from trainset.formats._parquet_in import NO_SPLIT
from trainset.media import kinds
from trainset.store.schema import EXPORTED

_GROUP_BYTES = 16 * 2**20  # of a row group: a reader takes one at a time
_GROUP_ROWS = 1_000
_KINDS = (
    (bool, "bool", pa.bool_()),
    (int, "int64", pa.int64()),
    (float, "float64", pa.float64()),
    (str, "string", pa.string()),
)


def write(samples: Iterable[pa.RecordBatch], target: Path, shard_bytes: int) -> Losses:
    """`data/<split>-00000-of-0000N.parquet`. All samples are spooled beside the target first: classes and columns must be
    known before a row is written."""
    if shard_bytes < 1:
        raise BadValue("a shard has at least one byte", got=str(shard_bytes))
    data = target / "data"
    data.mkdir(parents=True)
    spool = _Spool(target / ".spool")
    try:
        spool.take(samples)
        schema, columns = spool.schema()
        for split in sorted(spool.rows):
            _shards(data, split, spool, schema, columns, shard_bytes)
    finally:
        spool.remove()
    return Losses(sum(spool.rows.values()), tuple(f"{count:,} {what}" for what, count in spool.lost.items() if count))


class _Spool:
    """The samples on their way, by split, and what they have in common."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.rows: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.labels: set[str] = set()
        self.fields: dict[str, set[type]] = {}
        self.files = self.texts = self.contributors = 0
        self.medium = ""

    def take(self, samples: Iterable[pa.RecordBatch]) -> None:
        """Writes them to files of their splits."""
        self._place.mkdir()
        writers: dict[str, tuple[Any, Any]] = {}
        try:
            for batch in samples:
                names = [_split_name(split) for split in batch["split"].to_pylist()]
                for name, given in zip(names, batch["split"].to_pylist(), strict=True):
                    self.lost["splits whose names are written with _ for what is no letter, digit or dot"] += (
                        given not in (None, name)
                    )
                for name in dict.fromkeys(names):
                    if name not in writers:
                        sink = pa.OSFile(str(self._place / name), "wb")
                        writers[name] = (sink, pa.ipc.new_stream(sink, EXPORTED))
                    mine = batch.filter(pa.array([other == name for other in names]))
                    self._look(mine)
                    writers[name][1].write_batch(mine)
                    self.rows[name] += mine.num_rows
        finally:
            for sink, writer in writers.values():
                writer.close()
                sink.close()

    def batches(self, split: str) -> Iterator[pa.RecordBatch]:
        """What was taken, again."""
        with pa.OSFile(str(self._place / split), "rb") as source, pa.ipc.open_stream(source) as batches:
            yield from batches

    def remove(self) -> None:
        """Deletes the files."""
        for path in self._place.iterdir() if self._place.is_dir() else ():
            path.unlink()
        if self._place.is_dir():
            self._place.rmdir()

    def _look(self, batch: pa.RecordBatch) -> None:
        self.labels.update(label for label in batch["label"].unique().to_pylist() if label is not None)
        self.contributors += batch.num_rows - batch["contributor"].null_count
        files = batch.num_rows - batch["path"].null_count
        self.files, self.texts = self.files + files, self.texts + batch.num_rows - files
        for place in range(batch.num_rows) if files and not self.medium else ():
            if batch["media"][place].is_valid:
                kind = kinds.sniff(batch["media"][place].as_py()[: kinds.HEAD])
                self.medium = kind.medium if kind is not None else ""
                break
        self.lost["files without their bytes"] += files - (batch.num_rows - batch["media"].null_count)
        for meta in batch["meta"].drop_null().to_pylist():
            for name, value in _json.loads(meta)[0].items():
                self.lost["metadata values that are null: they come back as missing"] += value is None
                self.fields.setdefault(name, set()).update(() if value is None else (_type(value),))

    def schema(self) -> tuple[pa.Schema, dict[str, str]]:
        """The schema with its features, and the column of each metadata field."""
        features: dict[str, Any] = {}
        kinds_of: dict[str, pa.DataType] = {}
        if self.files:
            media = "audio" if self.medium == "audio" else "image"
            features[media], kinds_of[media] = {"_type": media.capitalize()}, _features.FILE
            self.lost["texts without a file: they come back as files"] += self.texts
        else:
            features["text"], kinds_of["text"] = {"dtype": "string", "_type": "Value"}, pa.string()
        if self.labels:
            features["label"], kinds_of["label"] = {"names": sorted(self.labels), "_type": "ClassLabel"}, pa.int64()
        if self.contributors:
            features["contributor"], kinds_of["contributor"] = {"dtype": "string", "_type": "Value"}, pa.string()
        columns = {}
        for name, types in self.fields.items():
            ours = ["path" if self.files else "text", "label", "split", "contributor", *kinds_of]
            column = columns[name] = column_for(name, ours)
            dtype, kind = next(((d, k) for t, d, k in _KINDS if types == {t}), ("string", pa.string()))
            if len(types) > 1 or not types <= {t for t, _, _ in _KINDS}:
                self.lost["metadata fields of several types, lists or objects become text"] += 1
            features[column], kinds_of[column] = {"dtype": dtype, "_type": "Value"}, kind
        return pa.schema(list(kinds_of.items()), metadata=_features.metadata(features)), columns


def _type(value: Any) -> type:
    """What a column must hold for this value; an integer beyond 64 bits is no number there."""
    return object if isinstance(value, int) and not -(2**63) <= value < 2**63 else type(value)


def _split_name(split: str | None) -> str:
    return re.sub(r"[^\w.]|^\.|\.$|(?<=\.)\.", "_", split)[:100] if split else NO_SPLIT


def _shards(
    data: Path, split: str, spool: _Spool, schema: pa.Schema, columns: dict[str, str], shard_bytes: int
) -> None:
    classes = {name: number for number, name in enumerate(sorted(spool.labels))}
    made: list[Path] = []
    writer: Any = None
    held: list[dict[str, Any]] = []
    size = held_size = 0

    def flush() -> None:
        nonlocal held, held_size, writer
        if not held:
            return
        if writer is None:
            made.append(data / f".{split}-{len(made)}")
            writer = pq.ParquetWriter(made[-1], schema, compression="zstd")
        writer.write_table(pa.Table.from_pylist(held, schema))
        held, held_size = [], 0

    try:
        for batch in spool.batches(split):
            for place in range(batch.num_rows):
                row = _row(batch.slice(place, 1).to_pylist()[0], schema, classes, columns, spool.fields)
                weight = sum(
                    len(value["bytes"] or b"") if isinstance(value, dict) else len(str(value)) for value in row.values()
                )
                held.append(row)
                held_size, size = held_size + weight, size + weight
                if held_size >= min(_GROUP_BYTES, shard_bytes) or len(held) >= _GROUP_ROWS:
                    flush()
                if size >= shard_bytes and writer is not None:
                    flush()
                    writer.close()
                    writer, size = None, 0
        flush()
    finally:
        if writer is not None:
            writer.close()
    for number, path in enumerate(made):
        path.rename(data / f"{split}-{number:05}-of-{len(made):05}.parquet")


def _row(
    row: dict[str, Any],
    schema: pa.Schema,
    classes: dict[str, int],
    columns: dict[str, str],
    fields: dict[str, set[type]],
) -> dict[str, Any]:
    values: dict[str, Any] = {"text": row["text"], "contributor": row["contributor"]}
    media = schema.names[0]
    if media != "text":
        text = None if row["text"] is None else row["text"].encode()
        values[media] = {"bytes": row["media"] if row["media"] is not None else text, "path": row["name"] or "text.txt"}
    values["label"] = classes.get(row["label"]) if row["label"] is not None else None
    for name, value in (_json.loads(row["meta"])[0] if row["meta"] else {}).items():
        one = len(fields[name]) == 1 and fields[name] <= {kind for kind, _, _ in _KINDS}
        values[columns[name]] = value if value is None or one or isinstance(value, str) else _json.dumps(value)
    return {name: values.get(name) for name in schema.names}
