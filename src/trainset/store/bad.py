"""Bad files and rows: what the sources hold that is no sample, as the latest import of each of them found it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from trainset.model import EntryKind, Outcome
from trainset.store import log, parts
from trainset.store.dataset import Dataset
from trainset.store.outcomes import SCHEMA as OUTCOMES
from trainset.store.replay import Replay

SCHEMA = pa.schema(
    [("source", pa.string()), *(OUTCOMES.field(n) for n in ("kind", "name", "row", "outcome", "reason"))]
)
"""source; kind: file or row; name: path in the source, or the list of a row; row; outcome; reason."""

_BAD = pa.array([str(outcome) for outcome in Outcome if outcome.is_bad])


def bad(dataset: Dataset, replayed: Replay) -> pa.Table:
    """The bad files and rows at a position of the log, in the columns of `SCHEMA`.

    An import reads all of its source, so what it found stands in place of what earlier ones did: a file mended or removed since is
    no longer bad. An import that is undone does not count. Raises `DamagedDataset`.
    """
    found: list[pa.RecordBatch] = []
    later: list[_Found] = []
    for part in _standing(dataset, replayed):
        same = [other for other in later if other.source == part.source]
        if any(part.place in (other.place, None) for other in same):
            continue
        later.append(part)
        mine = pa.Table.from_batches(_of(part), SCHEMA)
        found += _not_retold(mine, same).to_batches()
    return pa.Table.from_batches(found, SCHEMA)


@dataclass(frozen=True)
class _Found:
    """The outcomes of one import. place: the list it read, empty for the whole folder; None in a part that does not say."""

    path: Path
    source: str
    place: str | None
    at: int


def _standing(dataset: Dataset, replayed: Replay) -> list[_Found]:
    """The imports whose outcomes count, the latest first.

    An import that brought something has an action, and counts with it. One that brought nothing has none: it counts from its
    position on, while its source is there. Its part says so itself, or, made by an older trainset, cannot be told to be of
    any source. An archive of which the log knows no source counts too: its members were refused, and are nowhere to be looked at.
    """
    with dataset.people.read() as connection:
        every = [action.seq for action in log.read_actions(connection)]
        entries = log.read_entries(connection, every, [EntryKind.IMPORT])
        named = {_import(entry.subject or "") for _, entry in entries}
    standing = {_import(part.name): part.source for part in replayed.parts}
    found = []
    for path in dataset.place("outcomes").glob("*.parquet"):
        if path.name.startswith("."):
            continue
        facts = parts.facts(dataset.place("outcomes", path.name))
        source, position, place, at = (facts.get(name) for name in ("source", "position", "place", "at_ns"))
        if path.stem in standing:
            source = standing[path.stem]
        elif path.stem in named or not isinstance(position, int) or position > replayed.at:
            continue
        if isinstance(source, str) and (source in replayed.sources or facts.get("unlogged") is True):
            when = at if isinstance(at, int) else _time(path.stem)
            found.append(_Found(path, source, place if isinstance(place, str) else None, when))
    return sorted(found, key=lambda part: (part.at, part.path.name), reverse=True)


def _import(part: str) -> str:
    """The name of the import that made a part of `samples/`, which its outcomes go by."""
    return part.rpartition("-")[0]


def _time(name: str) -> int:
    """When an import was, in ns, by the name of its outcomes."""
    try:
        return int(datetime.strptime(name[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp()) * 10**9
    except ValueError:
        return 0


def _of(part: _Found) -> Iterator[pa.RecordBatch]:
    if not any(pc.any(pc.is_in(b["outcome"], _BAD)).as_py() for b in parts.batches(part.path, ["outcome"], OUTCOMES)):
        return  # as most imports: their names need not be read
    for batch in parts.batches(part.path, [*SCHEMA.names[1:], "echoes"], OUTCOMES):
        mine = batch.filter(pc.and_(pc.is_in(batch["outcome"], _BAD), pc.invert(batch["echoes"])))
        source = pa.array([part.source] * mine.num_rows, pa.string())
        yield pa.record_batch([source, *(mine[name] for name in SCHEMA.names[1:])], schema=SCHEMA)


def _not_retold(table: pa.Table, later: list[_Found]) -> pa.Table:
    """Without the files that later imports, of another list of the same source, met again."""
    for part in later if table.num_rows else ():
        names = table["name"].combine_chunks()
        again = [
            batch.filter(pc.and_(pc.equal(batch["kind"], "file"), pc.is_in(batch["name"], value_set=names)))["name"]
            for batch in parts.batches(part.path, ["kind", "name"], OUTCOMES)
        ]
        met = pa.chunked_array(again, pa.string()).combine_chunks()
        is_met = pc.and_(pc.equal(table["kind"], "file"), pc.is_in(table["name"], value_set=met))
        table = table.filter(pc.invert(is_met))
    return table
