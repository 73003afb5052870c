"""Watching locks: what the log has done to locked samples, told from what happened since it was last looked, and kept in the cache."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, func, select

from trainset.errors import DamagedDataset, StorageFull
from trainset.model import Lock
from trainset.store import parts
from trainset.store.dataset import Dataset
from trainset.store.query import QueryTable
from trainset.store.replay import Replay, replay
from trainset.store.tables import actions
from trainset.work.lock_rows import lock_rows, lock_texts
from trainset.work.lock_touched import ID, Causes, touched, union
from trainset.work.near_locked import near_locked

RECORDS = pa.schema(
    [
        ("lock", pa.int64()),  # position of the action that locked
        ("kind", pa.string()),
        ("sample", pa.binary(16)),  # the locked one
        ("other", pa.binary(16)),  # the one in train; null: it is about the locked one alone
        ("before", pa.string()),
        ("now", pa.string()),
        ("cause", pa.int64()),  # position of the action that made it so
    ]
)
PENDING = "pending"
"""The kind of a record that is no alarm: what entered train and has not been compared yet."""
AT_ONCE = 100_000_000
"""Pairs that a command compares without being asked to: about a second."""
_FILE = ("cache", "locks.parquet")
_VERSION = 1
_IN_TRAIN = "(s.split IS NULL OR s.split = 'train') AND NOT s.excluded"

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Watched:
    """What is known at position `at`, whose action was made at `stamp`: the locks looked at, a record per thing that is not as it was,
    and the position at which files of locked samples last may have become other ones."""

    at: int
    stamp: str
    locks: tuple[int, ...]
    records: pa.Table
    files: int = 0

    @property
    def pending(self) -> int:
        """Samples that entered train and have not been compared with locked ones."""
        return int(pc.sum(pc.equal(self.records["kind"], PENDING)).as_py() or 0)


def watched(dataset: Dataset, *, everything: bool = False, progress: Progress = lambda more: None) -> Watched | None:
    """What has become of locked samples; None when nothing was ever locked.

    everything: also compare what takes long. progress: called with how many samples of train more are compared.
    """
    with dataset.people.read() as connection:
        seq = connection.execute(select(func.max(actions.c.seq))).scalar() or 0
        kept = _kept(dataset)
        if kept is not None and not _stands(connection, kept):
            kept = None
        locking = actions.c.verb == LOCKING
        if kept is None and connection.execute(select(actions.c.seq).where(locking).limit(1)).first() is None:
            return None
    if kept is not None and kept.at == seq and not (everything and kept.pending):
        return kept
    now = replay(dataset)
    before = kept or Watched(0, "", (), RECORDS.empty_table())
    found = _brought_up(dataset, now, before)
    found = _compared(dataset, now, found, everything, progress)
    with dataset.people.read() as connection:
        made = connection.execute(select(actions.c.at).where(actions.c.seq == now.at)).scalar()
    found = replace(found, stamp=str(made))
    with contextlib.suppress(OSError, StorageFull):  # a cache; the folder may be one that cannot be written to
        facts = {"version": _VERSION, "at": found.at, "stamp": found.stamp, "locks": found.locks, "files": found.files}
        parts.write(dataset.place(*_FILE), found.records.to_batches(), RECORDS, facts)
    return found


LOCKING = "lock"
"""The verb of the actions that lock."""


def _brought_up(dataset: Dataset, now: Replay, before: Watched) -> Watched:
    """The records at `now`, computed anew for what was touched since and for locks that are new."""
    locks = {lock.seq: lock for lock in now.locks.values()}
    records = before.records.filter(pc.is_in(before.records["lock"], value_set=pa.array(locks, pa.int64())))
    if not locks:
        return Watched(now.at, "", (), records, now.at)
    rows = {seq: lock_rows(dataset, lock, now) for seq, lock in locks.items()}
    some = touched(dataset, before.at, now.at)
    fresh = set(locks) - {*before.locks}
    every = union(table["id"].combine_chunks() for table in rows.values())
    mine = every if some.classes else union([_both(some.labelled, every), _both(some.moved, every)])
    only = None if fresh else union([mine, some.moved])
    if only is None or len(only):
        with QueryTable(dataset, now.at, ["content"], only) as table:
            pieces = [records]
            for seq, lock in locks.items():
                whole = seq in fresh
                pieces[0] = _without(pieces[0], seq, mine, some.moved)
                looked = rows[seq] if whole else rows[seq].filter(pc.is_in(rows[seq]["id"], value_set=mine))
                pieces += _changed(dataset, now, table, lock, looked)
                if whole or len(some.moved):
                    pieces.append(_entered(dataset, now, table, lock, rows[seq], None if whole else some.moved))
            records = pa.concat_tables(pieces)
    same = {*locks} == {*before.locks} and not some.files
    return Watched(now.at, "", tuple(sorted(locks)), records, before.files if same else now.at)


def _without(records: pa.Table, lock: int, mine: pa.Array, moved: pa.Array) -> pa.Table:
    """The records but for those of a lock that are to be found anew."""
    alone = pc.is_null(records["other"])
    again = pc.if_else(alone, pc.is_in(records["sample"], value_set=mine), pc.is_in(records["other"], value_set=moved))
    return records.filter(pc.invert(pc.and_(pc.equal(records["lock"], lock), again)))


def _changed(dataset: Dataset, now: Replay, table: QueryTable, lock: Lock, looked: pa.Table) -> Iterator[pa.Table]:
    """The records of locked samples that are not as they were."""
    every = table.run(
        "SELECT l.id, s.id IS NULL AS gone, s.excluded AS out, l.label AS label_b, s.label AS label_n, l.split AS split_b, s.split AS split_n, "
        "l.label IS DISTINCT FROM s.label AS relabelled, l.split IS DISTINCT FROM s.split AS moved, l.content <> s.content AS other "
        "FROM locked l LEFT JOIN samples s ON s.id = l.id WHERE gone OR out OR relabelled OR moved OR other",
        beside={"locked": looked},
    )
    here = pc.invert(pc.or_kleene(every["gone"], every["out"]))
    asked = {"removed": every["gone"], "excluded": every["out"]}
    asked |= {
        kind: pc.and_kleene(every[name], here)
        for kind, name in (("label", "relabelled"), ("split", "moved"), ("content", "other"))
    }
    causes = Causes(dataset, now, lock.position)
    for kind, mask in asked.items():
        found = every.filter(mask)
        if not found.num_rows:
            continue
        ids = found["id"].to_pylist()
        cause = causes.of(kind, ids, lock.seq)
        nothing = pa.nulls(len(ids), pa.string())
        before, after = (
            found[f"{kind}_{which}"].cast(pa.string()) if kind in ("label", "split") else nothing for which in "bn"
        )
        if kind == "label":
            merged = {
                pair: causes.merged(*pair) for pair in set(zip(before.to_pylist(), after.to_pylist(), strict=True))
            }
            cause = [
                merged[b, n] or one if one == lock.seq else one
                for one, b, n in zip(cause, before.to_pylist(), after.to_pylist(), strict=True)
            ]
        yield _records(lock, kind, ids, [None] * len(ids), cause, before, after)


def _entered(
    dataset: Dataset, now: Replay, table: QueryTable, lock: Lock, rows: pa.Table, entered: pa.Array | None
) -> pa.Table:
    """The records of samples of train that are exact copies of locked ones; and of the others, that they are to be compared.

    entered: of these alone."""
    beside = {"locked": rows.select(["id", "content"])}
    among = ""
    if entered is not None:
        beside["entered"] = pa.table({"id": entered})
        among = "AND s.id IN (SELECT id FROM entered)"
    apart = f"{_IN_TRAIN} AND s.id NOT IN (SELECT id FROM locked) {among}"  # noqa: S608  # our own words
    copies = table.run(
        "SELECT s.id AS other, l.id AS sample FROM samples s JOIN (SELECT content, min(id) AS id FROM locked GROUP BY content) l "  # noqa: S608
        f"ON l.content = s.content WHERE {apart} ORDER BY other",
        beside=beside,
    )
    others = table.run(
        f"SELECT s.id AS other FROM samples s WHERE {apart} AND s.content NOT IN (SELECT content FROM locked) ORDER BY other",  # noqa: S608
        beside=beside,
    )
    ids = copies["other"].to_pylist()
    cause = Causes(dataset, now, lock.position).of("copy", ids, lock.seq) if ids else []
    return pa.concat_tables(
        [
            _records(lock, "copy", copies["sample"].to_pylist(), ids, cause),
            _records(lock, PENDING, [None] * others.num_rows, others["other"].to_pylist(), [None] * others.num_rows),
        ]
    )


def _compared(dataset: Dataset, now: Replay, found: Watched, everything: bool, progress: Progress) -> Watched:
    """The same with what is pending compared, unless it takes long."""
    records = found.records
    for lock in now.locks.values():
        pending = pc.and_(pc.equal(records["lock"], lock.seq), pc.equal(records["kind"], PENDING))
        ids = records["other"].filter(pending).combine_chunks().cast(ID)
        if not len(ids) or (len(ids) * lock.samples > AT_ONCE and not everything):
            continue
        texts = dataset.medium == "text"
        names = ["content", *(["text"] if texts else [])]
        with QueryTable(dataset, now.at, names, ids) as table:
            entered = table.run(f"SELECT id, {', '.join(names)} FROM samples")  # noqa: S608  # our own words
        rows = lock_rows(dataset, lock, now)
        locked = lock_texts(dataset, lock, rows) if texts else rows.select(["id", "content"])
        codes = locked["content"].combine_chunks().dictionary_encode().indices
        locked = locked.take(pa.array(np.unique(codes, return_index=True)[1]))  # a content once
        try:
            pairs = near_locked(dataset, now.at, entered, locked, progress) if locked.num_rows else []
        except LookupError:  # nothing is measured: it stays to be compared
            continue
        first = dict(reversed(pairs))
        others = [entered["id"][a].as_py() for a in first]
        samples = [locked["id"][b].as_py() for b in first.values()]
        cause = Causes(dataset, now, lock.position).of("near", others, lock.seq) if others else []
        records = pa.concat_tables([records.filter(pc.invert(pending)), _records(lock, "near", samples, others, cause)])
    return replace(found, records=records)


def _records(
    lock: Lock, kind: str, samples: Sequence[bytes | None], others: Sequence[bytes | None], cause: Sequence[int | None],
    before: object = None, now: object = None,
) -> pa.Table:  # fmt: skip
    count = len(samples)
    nothing = pa.nulls(count, pa.string())
    columns = [pa.array([lock.seq] * count, pa.int64()), pa.array([kind] * count, pa.string()), pa.array(samples, ID)]
    columns += [pa.array(others, ID), nothing if before is None else before, nothing if now is None else now]
    return pa.table([*columns, pa.array(cause, pa.int64())], schema=RECORDS)


def _both(some: pa.Array, every: pa.Array) -> pa.Array:
    return some.filter(pc.is_in(some, value_set=every))


def _stands(connection: Connection, kept: Watched) -> bool:
    """Whether it is of this log: one brought back from a backup has gone on in another way."""
    return connection.execute(select(actions.c.at).where(actions.c.seq == kept.at)).scalar() == kept.stamp


def _kept(dataset: Dataset) -> Watched | None:
    path = dataset.place(*_FILE)
    try:
        if not path.exists():
            return None
        facts = parts.facts(path)
        at, stamp, locks, files = (facts.get(name) for name in ("at", "stamp", "locks", "files"))
        if facts.get("version") != _VERSION or not (isinstance(at, int) and isinstance(files, int)):
            return None
        if not isinstance(locks, list):
            return None
        table = pa.Table.from_batches([*parts.batches(path, RECORDS.names, RECORDS)], RECORDS)
        return Watched(at, str(stamp), tuple(int(seq) for seq in locks), table, files)
    except (DamagedDataset, TypeError, ValueError):  # a cache: made again
        return None
