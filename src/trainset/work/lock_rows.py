"""What a lock holds: its samples with label, split and content as they were, told from the log and kept in the cache."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from trainset.errors import BadFilter, DamagedDataset, StorageFull
from trainset.model import Lock
from trainset.store import locking, parts
from trainset.store.dataset import Dataset
from trainset.store.filters import parse
from trainset.store.query import BASE, QueryTable
from trainset.store.replay import Rename, Replay
from trainset.work.selection import Selection, opened
from trainset.work.version import digest

ROWS = pa.schema([("id", pa.binary(16)), ("label", pa.string()), ("split", pa.string()), ("content", pa.binary(16))])
"""A row per locked sample."""
TEXTS = pa.schema([("id", pa.binary(16)), ("content", pa.binary(16)), ("text", pa.string())])
_VERSION = 1


def told(where: str) -> bool:
    """Whether a filter means the same samples whenever it is asked at a position: whether it reads nothing that is computed anew."""
    try:
        parse(where, BASE)
    except BadFilter:  # a measure, a check, a prediction
        return False
    return True


def chosen(dataset: Dataset, selection: Selection, position: int) -> tuple[pa.Array, str]:
    """The ids of a selection at a position, in order, and the digest of those samples there."""
    table, conditions = opened(dataset, selection, position, columns=["path", "source"] if selection.ids else ())
    with table:
        found = table.select(["id"], [*conditions, "not excluded"])["id"].combine_chunks().cast(pa.binary(16))
        if selection.ids:
            found = found.filter(pc.is_in(found, value_set=pa.array(table.find(selection.ids), pa.binary(16))))
    found = found.take(pc.sort_indices(found))
    with QueryTable(dataset, position, ["content"], found) as rows:
        return found, digest(rows)


def lock_rows(dataset: Dataset, lock: Lock, now: Replay) -> pa.Table:
    """The samples of a lock, sorted by id (see `ROWS`). Labels go by the names that classes have now: a class renamed is the same
    class. One merged into another is not, so its samples keep the label that they were locked with. Raises `DamagedDataset`."""
    renames = renames_of(lock, now)
    key = hashlib.sha256(json.dumps([lock.digest, [_facts(one) for one in renames]]).encode()).hexdigest()
    path = dataset.place("cache", f"lock-{lock.seq}.parquet")
    if (kept := _kept(path, key, ROWS)) is not None:
        return kept
    made = _made(dataset, lock, renames)
    _keep(path, made, ROWS, key)
    return made


def lock_texts(dataset: Dataset, lock: Lock, rows: pa.Table) -> pa.Table:
    """Id, content and text of the samples of a lock as they were, `rows` being theirs; of a dataset of texts."""
    path = dataset.place("cache", f"lock-{lock.seq}-texts.parquet")
    if (kept := _kept(path, lock.digest, TEXTS)) is not None:
        return kept
    with QueryTable(dataset, lock.position, ["content", "text"], rows["id"].combine_chunks()) as table:
        made = table.run("SELECT id, content, text FROM samples ORDER BY id").cast(TEXTS).combine_chunks()
    _keep(path, made, TEXTS, lock.digest)
    return made


def renames_of(lock: Lock, now: Replay) -> list[Rename]:
    """The renames of now but for the merges since."""
    return [one for one in now.renames if not (one.merged and one.seq > lock.position)]


def _facts(rename: Rename) -> Sequence[object]:
    return (rename.seq, rename.old, rename.new, rename.until)


def _made(dataset: Dataset, lock: Lock, renames: Sequence[Rename]) -> pa.Table:
    if lock.listed:
        with dataset.people.read() as connection:
            ids = pa.array(locking.listed(connection, lock), pa.binary(16))
        with QueryTable(dataset, lock.position, ["content"], ids) as table:
            found = digest(table)
    else:
        ids, found = chosen(dataset, Selection(where=lock.where), lock.position)
    if found != lock.digest or len(ids) != lock.samples:
        raise DamagedDataset(
            f"the samples of the lock {lock.name!r} cannot be told from the log and the parts any more",
            where=f"action #{lock.seq}", expected=f"{lock.samples:,} samples, digest {lock.digest[:16]}",
            got=f"{len(ids):,} samples, digest {found[:16]}",
            next="restore the folder samples/ and people.db from one backup, or take the lock away: trainset undo "
            f"{lock.seq}",
        )  # fmt: skip
    with QueryTable(dataset, lock.position, ["content"], ids, renames=renames) as table:
        rows = table.run("SELECT id, label, split, content FROM samples WHERE NOT excluded ORDER BY id")
    return rows.cast(ROWS).combine_chunks()


def _keep(path: Path, made: pa.Table, schema: pa.Schema, key: str) -> None:
    with contextlib.suppress(OSError, StorageFull):  # a cache, and the folder may be one that cannot be written to
        parts.write(path, made.to_batches(), schema, {"version": _VERSION, "key": key})


def _kept(path: Path, key: str, schema: pa.Schema) -> pa.Table | None:
    try:
        if not path.exists():
            return None
        facts = parts.facts(path)
        if facts.get("version") != _VERSION or facts.get("key") != key:
            return None
        return pa.Table.from_batches([*parts.batches(path, schema.names, schema)], schema).combine_chunks()
    except DamagedDataset:  # it is a cache: made again
        return None
