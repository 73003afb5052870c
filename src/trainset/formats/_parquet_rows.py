"""Rows of Parquet files, read inside a worker process: what crashes or exhausts the reader costs that row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ASKED = pa.schema([("file", pa.string()), ("group", pa.int64()), ("row", pa.int64())])
"""file: its path. group, row: which row group, and which row of it, from 0."""

ANSWER = pa.schema([("media", pa.binary()), ("path", pa.string()), ("values", pa.string()), ("fault", pa.string())])
"""media: bytes; path: what the file calls them. values: the other columns, one JSON object. fault: why there is nothing."""

ROWS = "trainset.formats._parquet_rows:rows"
_BYTES = 16 * 2**20  # of the rows that are decoded together
_MOST_FILES, _MOST_TEXTS = 16, 1_000  # of them, should the file not tell the truth: each may hold something large


def at_once(group: pq.RowGroupMetaData, media: str) -> int:
    """How many rows of a group are asked for and decoded together, by the size that it says it has."""
    each = max(1, group.total_byte_size // max(1, group.num_rows))
    most: int = min(_MOST_FILES if media else _MOST_TEXTS, _BYTES // each)
    return max(1, most)


def rows(batch: pa.RecordBatch, settings: Mapping[str, Any], started: Callable[[int], None]) -> pa.RecordBatch:
    """Reads the rows of `ASKED`, which go forward in a file. settings: media, the column that holds files, or empty. Returns `ANSWER`."""
    answers = []
    for number, asked in enumerate(batch.to_pylist()):
        started(number)
        try:
            answers.append(
                _answer(_STATE.row(asked["file"], asked["group"], asked["row"], settings["media"]), settings["media"])
            )
        except (
            pa.ArrowException,
            OSError,
            ValueError,
            TypeError,
            OverflowError,
            RecursionError,
            StopIteration,
        ) as error:
            _STATE.forget()
            answers.append(
                {
                    "fault": f"it cannot be read: {str(error).splitlines()[0][:200] if str(error) else type(error).__name__}"
                }
            )
    return pa.RecordBatch.from_pylist(answers, ANSWER)


class _State:
    """Where reading stands: rows are asked for one after the other, and a file is not read from its beginning for each."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._place: tuple[str, int] = ("", -1)
        self._next = 0
        self._rows: Iterator[dict[str, Any]] = iter(())

    def row(self, file: str, group: int, row: int, media: str) -> dict[str, Any]:
        """The columns of one row."""
        if self._place != (file, group) or row < self._next:
            self._place, self._next, self._rows = (file, group), 0, _rows_of(file, group, media)
        while self._next <= row:
            self._next += 1
            found = next(self._rows)
        return found


_STATE = _State()


def _rows_of(file: str, group: int, media: str) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(file, buffer_size=2**20) as opened:
        size = at_once(opened.metadata.row_group(group), media)
        for batch in opened.iter_batches(batch_size=size, row_groups=[group], use_threads=False):
            batch.validate(full=True)
            for place in range(batch.num_rows):
                yield {
                    name: column[place].as_py() for name, column in zip(batch.schema.names, batch.columns, strict=True)
                }


def _answer(row: dict[str, Any], media: str) -> dict[str, Any]:
    found = row.pop(media, None) if media else None
    data, path = (found.get("bytes"), found.get("path")) if isinstance(found, dict) else (found, None)
    values = {name: _plain(value) for name, value in row.items()}
    return {"media": data, "path": path, "values": json.dumps(values), "fault": None}


def _plain(value: Any) -> Any:
    """A value as JSON can hold it; bytes are left out, metadata are no place for them."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes):
        return None
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, timedelta | Decimal):
        return str(value)
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return str(value)
    return value
