"""Locks: test sets that must not change, and the alarms that say when one did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, select

from trainset.errors import BadValue, TrainsetError, UnknownName
from trainset.model import Acknowledged, Action, EntryKind, Lock
from trainset.store import ids, locking, log
from trainset.store.dataset import Dataset
from trainset.store.query import QueryTable
from trainset.store.replay import Replay, replay
from trainset.store.tables import entries
from trainset.work.lock_files import bad_files
from trainset.work.lock_rows import ROWS, chosen, lock_rows, told
from trainset.work.lock_touched import union
from trainset.work.lock_watch import LOCKING, PENDING, Watched, watched
from trainset.work.person import acting
from trainset.work.selection import Named, Selection

TEST = "split = 'test'"
"""What is locked when nothing else is said."""
ON_DISK = ("missing", "altered")
_BY_SAMPLE = (*ON_DISK, "copy", "near")
"""Kinds of alarms that more samples can join later: each sample is acknowledged by itself."""
_NAMED = 1_000

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Alarm:
    """Something that happened to a locked test set. alarm: its name, which acknowledges it. kind: label, split, excluded, removed, content,
    copy (an exact copy of a locked sample is in train), near (nearly the same is), missing or altered (its file). says: a sentence. samples:
    the locked ones, the first 1,000 of `count`; others: those in train. action, person, at, reason: of who caused it; of a file None and
    empty. acknowledged: the action that did, None while it is open."""

    alarm: str
    lock: str
    kind: str
    says: str
    count: int
    samples: tuple[str, ...]
    others: tuple[str, ...]
    action: int | None
    person: str
    at: str
    reason: str
    acknowledged: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "samples": list(self.samples), "others": list(self.others)}


@dataclass(frozen=True)
class Locked:
    """A test set as it was locked, or the test split of a version. ids, contents: 16 bytes each, sorted by id; labels: by the names that
    classes have now. lock: None when it is a version's."""

    name: str
    position: int
    ids: pa.Array
    labels: pa.Array
    contents: pa.Array
    splits: pa.Array
    lock: Lock | None = None

    def __len__(self) -> int:
        return len(self.ids)


def lock(
    dataset: Dataset, name: str, samples: Named = (), *, where: str = "", at: str | int | None = None, reason: str = "", person: str = "",
    progress: Progress = lambda more: None,
) -> Lock:  # fmt: skip
    """Locks samples as a test set: the test split, or those of a filter, as they are now or were at a version. One action, which can be
    undone. Excluded samples are left out. Raises `BadValue` for a name that is taken, and when there are no such samples."""
    now = replay(dataset)
    _check_name(dataset, now, name)
    position = log.position(dataset, at)
    selection = Selection.of(samples, where) if where or samples else Selection(where=TEST)
    found, digest = chosen(dataset, selection, position)
    if not len(found):
        what = selection.where or "these ids"
        raise BadValue(
            "there is nothing to lock", expected=f"samples of {what}", got="none that is not excluded",
            next='trainset status shows the splits; trainset lock NAME --where "..." locks others',
        )  # fmt: skip
    facts = {"position": position, "where": selection.where, "samples": len(found), "digest": digest}
    by_position = not selection.ids and told(selection.where)
    changes = [*locking.lock_entries(name, facts, [] if by_position else found.to_pylist())]

    def write(connection: Connection) -> int:
        undone = log.read_undone(connection)
        mine = select(entries.c.seq).where(entries.c.kind == str(EntryKind.LOCK), entries.c.subject == name)
        if any(seq not in undone for seq in connection.execute(mine).scalars()):
            raise _taken(name)
        return log.write_action(connection, LOCKING, acting(person), reason, changes)

    log.check(reason, name, selection.where)
    seq = dataset.people.write(write)
    watched(dataset, everything=True, progress=progress)
    return replay(dataset, seq).locks[name]


def locks(dataset: Dataset, at: str | int | None = None) -> list[Lock]:
    """The locks that stand, in the order they were made."""
    return sorted(replay(dataset, log.position(dataset, at)).locks.values(), key=lambda one: one.seq)


def locked(dataset: Dataset, name: str) -> Locked:
    """The test set of that name: a lock, else the test split of a version (or of `#POSITION`, `now`). Raises `UnknownName`."""
    now = replay(dataset)
    if (found := now.locks.get(name)) is not None:
        rows = lock_rows(dataset, found, now)
        return _as_locked(name, found.position, rows, found)
    try:
        position = log.position(dataset, name)
    except UnknownName as error:
        names = ", ".join(now.locks) or "none yet"
        raise UnknownName(
            f"there is no test set {name!r}", expected=f"a lock ({names}) or {error.expected}",
            next="trainset lock NAME locks the test split",
        ) from None  # fmt: skip
    with QueryTable(dataset, position, ["content"], renames=now.renames) as table:
        rows = table.run(
            "SELECT id, label, content, split FROM samples WHERE NOT excluded AND split = 'test' ORDER BY id"
        )
    if not rows.num_rows:
        raise BadValue(
            f"the version {name!r} has no test split",
            next='trainset lock NAME --where "..." makes a test set of other samples',
        )
    return _as_locked(name, position, rows, None)


def alarms(
    dataset: Dataset, *, acknowledged: bool = False, everything: bool = False, progress: Progress = lambda more: None
) -> list[Alarm]:
    """What has happened to locked samples and is not acknowledged (or `acknowledged`: that as well), by lock and action.

    It looks at what happened since it last looked, and at 10,000 files; `everything`: at all files, and at samples of train that
    would take long to compare. progress: called with how many samples and files more are done.
    """
    found = watched(dataset, everything=everything, progress=progress)
    if found is None or not found.locks:
        return []
    made = _all(dataset, found, everything, progress)
    return made if acknowledged else [one for one in made if one.acknowledged is None]


def unlooked(dataset: Dataset) -> int:
    """Samples that entered train and are still to be compared with locked ones, which `alarms` does with `everything`."""
    found = watched(dataset)
    return found.pending if found is not None else 0


def acknowledge(dataset: Dataset, name: str, reason: str, *, person: str = "") -> list[Alarm]:
    """Ends alarms: all of the lock of that name, or the one alarm of that name. Logged with who and why, and can be undone. Returns those
    that were ended. Raises `UnknownName`, `BadValue` without a reason."""
    if not reason.strip():
        raise BadValue(
            "an alarm is acknowledged with a reason",
            next="--why TEXT: what happened, and why the test set still counts",
        )
    now = replay(dataset)
    open_ = alarms(dataset, everything=True)
    found = (
        [one for one in open_ if one.lock == name] if name in now.locks else [one for one in open_ if one.alarm == name]
    )
    if not found:
        if name in now.locks:
            raise BadValue(
                f"the lock {name!r} has no alarm to acknowledge", next="trainset locks --all lists those that were"
            )
        names = ", ".join([*now.locks, *(one.alarm for one in open_)])
        raise UnknownName(f"there is no lock and no alarm {name!r}", expected=names[:500] or "none is locked")
    wanted = {one.alarm for one in found}
    changes = [
        locking.acknowledged_entry(group.lock.name, group.lock.seq, group.kind, group.cause, group.keys, group.says)
        for group in _groups(dataset, _watched(dataset), True, lambda more: None, now)
        if group.name in wanted and not group.acknowledged
    ]
    seq = log.append(dataset, "acknowledge", acting(person), reason, changes)
    return [replace(one, acknowledged=seq) for one in found]


def sentence(found: Iterable[Alarm]) -> str:
    """Open alarms in one line; empty when there is none."""
    listed = [*found]
    if not listed:
        return ""
    first, more = listed[0], len(listed) - 1
    rest = f" (and {more} more alarm{'s' * (more > 1)})" if more else ""
    return f"alarm: {first.says}{rest}"


@dataclass(frozen=True)
class _Group:
    lock: Lock
    kind: str
    cause: int | None
    rows: tuple[dict[str, Any], ...]
    acknowledged: int | None

    @property
    def name(self) -> str:
        return f"{self.lock.name}:{self.kind}" + (f"#{self.cause}" if self.cause is not None else "")

    @property
    def keys(self) -> list[bytes]:
        """The samples that an acknowledgement names."""
        return sorted({_key(row) for row in self.rows}) if self.kind in _BY_SAMPLE else []

    @property
    def says(self) -> str:
        return _says(self)


def _watched(dataset: Dataset) -> Watched:
    found = watched(dataset)
    if found is None:
        raise AssertionError("a lock that nobody watches")
    return found


def _all(dataset: Dataset, found: Watched, everything: bool, progress: Progress) -> list[Alarm]:
    groups = _groups(dataset, found, everything, progress)
    causes = {group.cause for group in groups if group.cause is not None}
    who = _actions(dataset, causes) if causes else {}
    made = []
    for group in groups:
        action = who.get(group.cause) if group.cause is not None else None
        says = group.says
        if action is not None:
            why = f": {action.reason}" if action.reason else ""
            says = f"{says}, by #{action.seq} ({action.verb} by {action.person}{why})"
            if action.seq == group.lock.seq and group.kind in ("copy", "near"):
                says = f"{group.says}, and were when it was locked (#{action.seq})"
        samples = dict.fromkeys(row["sample"] for row in group.rows)
        others = dict.fromkeys(row["other"] for row in group.rows if row["other"] is not None)
        made.append(
            Alarm(
                group.name, group.lock.name, group.kind, says, len(group.rows),
                tuple(ids.shown(one) for one in [*samples][:_NAMED]), tuple(ids.shown(one) for one in [*others][:_NAMED]),
                group.cause, action.person if action else "", action.at.isoformat() if action else "",
                action.reason if action else "", group.acknowledged,
            )
        )  # fmt: skip
    return made


def _groups(
    dataset: Dataset, found: Watched, everything: bool, progress: Progress, now: Replay | None = None
) -> list[_Group]:
    """What happened, by lock, kind and cause; of what samples can join later, those acknowledged apart from the others."""
    records = found.records.filter(pc.not_equal(found.records["kind"], PENDING))

    @cache
    def known() -> Replay:
        return now or replay(dataset)

    def every() -> pa.Array:
        return union(_one(lock_rows(dataset, one, known())["id"]) for one in known().locks.values())

    bad = bad_files(dataset, found.files, str(found.locks), every, everything=everything, progress=progress)
    if not records.num_rows and not bad:
        return []
    by_seq = {one.seq: one for one in known().locks.values()}
    rows: dict[tuple[int, str, int | None], list[dict[str, Any]]] = {}
    for row in records.to_pylist():
        rows.setdefault((row["lock"], row["kind"], row["cause"]), []).append(row)
    for seq, one in by_seq.items() if bad else ():
        mine = lock_rows(dataset, one, known())["id"]
        for sample in mine.filter(pc.is_in(mine, value_set=pa.array([*bad], pa.binary(16)))).to_pylist():
            about = {"sample": sample, "other": None, "before": None, "now": None}
            rows.setdefault((seq, bad[sample], None), []).append(about)
    groups = []
    for (seq, kind, cause), some in sorted(rows.items(), key=lambda item: (item[0][0], item[0][2] or 0, item[0][1])):
        if seq in by_seq:
            groups += _apart(by_seq[seq], kind, cause, some, known().acknowledged)
    return groups


def _apart(
    lock: Lock, kind: str, cause: int | None, rows: list[dict[str, Any]], said: list[Acknowledged]
) -> list[_Group]:
    """The rows of an alarm that nobody acknowledged, and those that somebody did."""
    mine = [one for one in said if (one.lock, one.kind, one.cause) == (lock.seq, kind, cause)]
    if kind not in _BY_SAMPLE:
        return [_Group(lock, kind, cause, tuple(rows), mine[-1].seq if mine else None)]
    by = {sample: one.seq for one in mine for sample in one.samples}
    known, new = [row for row in rows if _key(row) in by], [row for row in rows if _key(row) not in by]
    groups = [_Group(lock, kind, cause, tuple(new), None)] if new else []
    return groups + ([_Group(lock, kind, cause, tuple(known), by[_key(known[-1])])] if known else [])


def _key(row: dict[str, Any]) -> bytes:
    return bytes(row["other"] if row["other"] is not None else row["sample"])


def _says(group: _Group) -> str:
    count, name = len(group.rows), f"locked test set {group.lock.name!r}"
    one = count == 1
    samples = f"{count:,} sample{'' if one else 's'}"
    is_, has = ("is", "has") if one else ("are", "have")
    those, copies = ("one", "is an exact copy") if one else ("some", "are exact copies")
    if group.kind in ("label", "split"):
        pairs = Counter((row["before"] or "none", row["now"] or "none") for row in group.rows).most_common()
        told = ", ".join(f"{a} → {b}" + (f" ({n:,})" if len(pairs) > 1 else "") for (a, b), n in pairs[:3])
        more = f" and {len(pairs) - 3:,} other ways" if len(pairs) > 3 else ""
        return f"{samples} of the {name} {has} another {group.kind}: {told}{more}"
    return {
        "excluded": f"{samples} of the {name} {is_} excluded",
        "removed": f"{samples} of the {name} {is_} not in the dataset any more",
        "content": f"{samples} of the {name} {has} another content",
        "copy": f"{samples} of train {copies} of {those} of the {name}",
        "near": f"{samples} of train {is_} nearly the same as {those} of the {name}",
        "missing": f"the file{'' if one else 's'} of {samples} of the {name} {is_} missing",
        "altered": f"the file{'' if one else 's'} of {samples} of the {name} {is_} no longer what {'it was' if one else 'they were'}",
    }[group.kind]


def _actions(dataset: Dataset, seqs: set[int]) -> dict[int, Action]:
    with dataset.people.read() as connection:
        return {one.seq: one for one in log.read_actions(connection) if one.seq in seqs}


def _check_name(dataset: Dataset, now: Replay, name: str) -> None:
    if name in now.locks:
        raise _taken(name)
    bad = not name or name != name.strip() or len(name) > 200 or not name.isprintable() or name.startswith(("-", "#"))
    if bad or name in ("now", "start"):
        raise BadValue(
            "this cannot be a lock's name", got=repr(name[:200]), expected="a printable name such as test-2026"
        )
    if any(one.name == name for one in log.read_versions(dataset)):
        raise BadValue(f"{name!r} is a version, and --test-set could mean either", next="choose another name")


def _taken(name: str) -> TrainsetError:
    return BadValue(
        f"there is a lock {name!r} already, and a lock never changes",
        next="choose another name; trainset locks says which action made it, and trainset undo takes that back",
    )


def _as_locked(name: str, position: int, rows: pa.Table, lock: Lock | None) -> Locked:
    columns = {column: _one(rows[column].cast(ROWS.field(column).type)) for column in ROWS.names}
    return Locked(name, position, columns["id"], columns["label"], columns["content"], columns["split"], lock)


def _one(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)
