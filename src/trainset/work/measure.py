"""The pass over media again, for measures that are missing: of a newer trainset, another plug-in, or a deleted part."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from trainset.engine.lost import Lost
from trainset.engine.pool import Pool
from trainset.errors import TrainsetError
from trainset.model import Outcome, Source
from trainset.store import home, measured, parts
from trainset.store.dataset import Dataset
from trainset.store.query import QueryTable, open_table
from trainset.work import decode

Progress = Callable[[int], None]
"""Called with how many more contents are done."""

_AT_ONCE = {"path": 64, "text": 5_000}


@dataclass(frozen=True)
class MeasureReport:
    """What was measured. `unmeasured`: why contents could not be, with how many of each reason."""

    measured: int
    present: int
    unmeasured: dict[str, int]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return dict(vars(self))


def measure(dataset: Dataset, *, progress: Progress | None = None) -> MeasureReport:
    """Computes the measures that contents of the dataset do not have yet, and those of a newer version of a measure.

    Each content is read once, in worker processes; what is complete stays when it is interrupted. A file that is missing, changed
    or not allowed to be read is counted with the reason.
    """
    started = time.monotonic()
    failed: dict[str, int] = {}
    with dataset.one_at_a_time("measure"), _contents(dataset) as table:
        missing, present = _missing(dataset, table)
        done = 0
        for name, source in sorted(table.replay.sources.items()):
            mine = missing.filter(pc.equal(missing["source"], name))
            for column, rows in (
                ("path", mine.filter(pc.is_valid(mine["path"]))),
                ("text", mine.filter(pc.is_null(mine["path"]))),
            ):
                if rows.num_rows:
                    done += _source(dataset, table, source, column, rows, failed, progress or (lambda more: None))
    return MeasureReport(done, present, failed, time.monotonic() - started)


def _contents(dataset: Dataset) -> QueryTable:
    return open_table(dataset, columns=["source", "path", "content"])


def _missing(dataset: Dataset, table: QueryTable) -> tuple[pa.Table, int]:
    """One sample for each content without current measures, and how many contents have them."""
    have = {"have": pa.table({"content": measured.complete(dataset)})}
    missing = table.run(
        "SELECT first(source) AS source, first(path) AS path, content, first(part) AS part, first(row) AS row "
        "FROM samples ANTI JOIN have USING (content) GROUP BY content ORDER BY source, path, part, row",
        beside=have,
    )
    contents = table.run("SELECT count(DISTINCT content) AS n FROM samples")["n"][0].as_py()
    return missing, int(contents) - missing.num_rows


def _source(
    dataset: Dataset,
    table: QueryTable,
    source: Source,
    column: str,
    rows: pa.Table,
    failed: dict[str, int],
    progress: Progress,
) -> int:
    """Measures the contents of one source; returns how many it could."""
    medium = dataset.medium
    if column == "path":
        try:
            home.require_root(dataset.folder, source.name, source.root)
        except TrainsetError as error:
            failed[error.what] = failed.get(error.what, 0) + rows.num_rows
            return 0
    allowed = [place for place in source.allowed if home.is_allowed(dataset.folder, place)]
    waiting: deque[pa.Table] = deque()

    def requests() -> Iterator[pa.RecordBatch]:
        for start in range(0, rows.num_rows, _AT_ONCE[column]):
            some = rows.slice(start, _AT_ONCE[column])
            waiting.append(some)
            values = some["path"] if column == "path" else table.details(some, ["text"])["text"]
            batch = pa.record_batch({column: values.combine_chunks()})
            yield batch.replace_schema_metadata({"medium": medium})

    def lost(row: pa.RecordBatch, why: Lost) -> pa.RecordBatch:
        return decode.lost(row, medium, why.reason)

    held: list[pa.RecordBatch] = []
    done = 0
    function = decode.FILES if column == "path" else decode.TEXTS
    with Pool(function, {"root": source.root, "allowed": allowed}) as pool:
        for answer in pool.map(requests(), lost):
            asked = waiting.popleft()
            kept = _kept(asked, answer, column, failed)
            done += kept.num_rows
            held.append(kept)
            progress(asked.num_rows)
            if sum(batch.num_rows for batch in held) >= parts.PART_ROWS:
                measured.write(dataset, held)
                held = []
    if any(batch.num_rows for batch in held):
        measured.write(dataset, held)
    return done


def _kept(asked: pa.Table, answer: pa.RecordBatch, column: str, failed: dict[str, int]) -> pa.RecordBatch:
    """The measures of those whose content still is what the dataset knows."""
    contents = asked["content"].combine_chunks().cast(pa.binary(16))
    good = pc.equal(answer["outcome"], str(Outcome.ADDED))
    reasons = answer["reason"]
    if column == "path":
        same = pc.fill_null(pc.equal(answer["content"], contents), False)
        reasons = pc.if_else(pc.and_(good, pc.invert(same)), "the file has changed since its import", reasons)
        good = pc.and_(good, same)
    for reason in reasons.filter(pc.invert(good)).to_pylist():
        failed[reason] = failed.get(reason, 0) + 1
    names = [name for name in answer.schema.names if name not in decode.FACTS.names]
    kept = pa.record_batch([contents, *(answer[name] for name in names)], names=["content", *names])
    return kept.filter(good)
