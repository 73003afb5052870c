"""The log: actions and their entries, appended and read; which of them are undone; versions, the names of positions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, exc, func, insert, select

from trainset.errors import BadValue, UndoRefused, UnknownName
from trainset.model import Action, Entry, EntryKind, Version
from trainset.store.dataset import Dataset
from trainset.store.tables import actions, entries, versions

_CHUNK = 10_000


def append(
    dataset: Dataset, verb: str, person: str, reason: str, changes: Iterable[Entry], *, key: str | None = None
) -> int | None:
    """Appends one action and returns its position once it is on disk; None, and no action, when there are no changes.

    `key` makes it idempotent: an action with that key is there once, however often it is sent.
    """
    changes = list(changes)
    if not changes:
        return None

    def write(connection: Connection) -> int:
        return _insert(connection, verb, person, reason, changes, key=key)

    return dataset.people.write(write)


def undo(dataset: Dataset, person: str, seq: int | None, reason: str) -> tuple[int, Action]:
    """Appends the reverse of one action: of `seq`, else of the person's last one that still stands.

    Undoing an undo brings the action back. Returns the new position and the action undone. Raises `UndoRefused`, naming
    them, when a later action of someone else touched the same samples or classes.
    """

    def write(connection: Connection) -> tuple[int, Action]:
        known = read_actions(connection)
        target = _target(known, person, seq)
        others = [
            action
            for action in known
            if action.seq > target.seq and action.person != person and not action.undone and action.undoes is None
        ]
        clash = [action for action in others if _touch_the_same(connection, target.seq, action.seq)]
        if clash:
            shown = "; ".join(f"#{action.seq} {action.verb} by {action.person}" for action in clash[:5])
            raise UndoRefused(
                f"action #{target.seq} ({target.verb}) cannot be undone: others have since changed the same samples", got=shown,
                next=f"ask them, or undo theirs first: trainset undo {clash[-1].seq}",
            )  # fmt: skip
        return _insert(connection, "undo", person, reason, [], undoes=target.seq), target

    return dataset.people.write(write)


def read_actions(connection: Connection, at: int | None = None) -> list[Action]:
    """All actions up to position `at`, in order, each marked whether it is undone there."""
    statement = select(actions).order_by(actions.c.seq)
    rows = connection.execute(statement if at is None else statement.where(actions.c.seq <= at)).all()
    undone: set[int] = set()
    for row in reversed(rows):  # an undo counts unless a later one took it back
        if row.undoes is not None and row.seq not in undone:
            undone.add(row.undoes)
    return [
        Action(row.seq, _time(row.at), row.person, row.verb, row.reason, row.entries, row.undoes, row.seq in undone)
        for row in rows
    ]


def read_entries(
    connection: Connection, standing: Sequence[int], kinds: Iterable[EntryKind]
) -> Iterator[tuple[int, Entry]]:
    """The entries of these kinds in the standing actions, in the order of the log, streamed."""
    wanted = set(standing)
    statement = (
        select(entries.c.seq, entries.c.kind, entries.c.sample, entries.c.subject, entries.c.value)
        .where(entries.c.kind.in_([str(kind) for kind in kinds]))
        .order_by(entries.c.seq, entries.c.n)
    )
    if standing:
        statement = statement.where(entries.c.seq <= max(standing))
    for seq, kind, sample, subject, value in connection.execute(statement).yield_per(_CHUNK):
        if seq in wanted:
            yield seq, Entry(EntryKind(kind), sample, subject, value)


def head(dataset: Dataset) -> int:
    """The last position of the log; 0 when nothing has happened."""
    with dataset.people.read() as connection:
        return int(connection.execute(select(func.max(actions.c.seq))).scalar() or 0)


def position(dataset: Dataset, at: str | int | None) -> int:
    """The position a version's name, `#12`, `start` or `now` (or None) stands for. Raises `UnknownName`."""
    last = head(dataset)
    if at is None or at == "now":
        return last
    if isinstance(at, int) or (at.startswith("#") and at[1:].isdecimal()):
        number = at if isinstance(at, int) else int(at[1:])
        if not 0 <= number <= last:
            raise UnknownName(f"the log has no position {number}", expected=f"0 to {last}")
        return number
    if at == "start":
        return 0
    for version in read_versions(dataset):
        if version.name == at:
            return version.seq
    names = ", ".join(version.name for version in read_versions(dataset)) or "none yet"
    raise UnknownName(f"there is no version {at!r}", expected=f"a version ({names}), #POSITION, start or now")


def name_version(dataset: Dataset, version: Version) -> None:
    """Names a position, for good. Raises `BadValue` when the name is taken or reads as something else."""
    if version.name in ("now", "start", "") or version.name.startswith(("#", "-")) or not version.name.isprintable():
        raise BadValue(
            "this cannot be a version's name", got=repr(version.name), expected="a printable name such as v1"
        )
    row = {name: getattr(version, name) for name in versions.c.keys() if name != "at"}  # noqa: SIM118  # a column collection
    try:
        dataset.people.write(lambda connection: connection.execute(insert(versions), {**row, "at": _stamp(version.at)}))
    except exc.IntegrityError:
        raise BadValue(
            f"there is a version {version.name!r} already, and a version never changes", next="choose another name"
        ) from None


def read_versions(dataset: Dataset) -> list[Version]:
    """All versions in the order they were named."""
    with dataset.people.read() as connection:
        rows = connection.execute(select(versions).order_by(versions.c.at)).all()
    return [Version(r.name, r.seq, _time(r.at), r.person, r.message, r.digest, r.samples, r.keeps_media) for r in rows]


def now() -> datetime:
    """The time as the log keeps it: UTC, to the microsecond."""
    return datetime.now(UTC)


def _insert(
    connection: Connection, verb: str, person: str, reason: str, changes: list[Entry], *, undoes: int | None = None,
    key: str | None = None,
) -> int:  # fmt: skip
    if key is not None and (earlier := connection.execute(select(actions.c.seq).where(actions.c.key == key)).scalar()):
        return int(earlier)
    row: dict[str, Any] = {
        "at": _stamp(now()),
        "person": person,
        "verb": verb,
        "reason": reason,
        "entries": len(changes),
    }
    result = connection.execute(insert(actions), {**row, "undoes": undoes, "key": key})
    key_row = result.inserted_primary_key
    if key_row is None:
        raise AssertionError("an insert without a key")
    seq = int(key_row[0])
    rows = ((seq, n, str(e.kind), e.sample, e.subject, e.value) for n, e in enumerate(changes))
    while chunk := list(islice(rows, _CHUNK)):
        connection.exec_driver_sql(
            "INSERT INTO entries (seq, n, kind, sample, subject, value) VALUES (?, ?, ?, ?, ?, ?)", chunk
        )
    return seq


def _target(known: list[Action], person: str, seq: int | None) -> Action:
    if seq is None:
        mine = [a for a in known if a.person == person and not a.undone and a.undoes is None]
        if not mine:
            raise UnknownName(
                f"{person} has nothing to undo",
                next="trainset log shows everyone's actions; trainset undo N undoes one",
            )
        return mine[-1]
    for action in known:
        if action.seq == seq:
            if action.undone:
                raise BadValue(
                    f"action #{seq} is undone already", next="undo the undo to bring it back: see trainset log"
                )
            return action
    raise UnknownName(
        f"there is no action #{seq}", expected=f"1 to {known[-1].seq}" if known else "none yet: the log is empty"
    )


def _touch_the_same(connection: Connection, first: int, second: int) -> bool:
    """Whether two actions (an undo counts as what it undoes) share a sample or a class."""
    root = [_origin(connection, seq) for seq in (first, second)]
    a, b = entries.alias(), entries.alias()
    same_sample = select(a.c.n).where(a.c.seq == root[0], b.c.seq == root[1], a.c.sample == b.c.sample).limit(1)
    same_class = (
        select(a.c.n)
        .where(a.c.seq == root[0], b.c.seq == root[1], a.c.subject == b.c.subject, a.c.kind.like("class%"))
        .limit(1)
    )
    return any(connection.execute(statement).first() is not None for statement in (same_sample, same_class))


def _origin(connection: Connection, seq: int) -> int:
    while (undone := connection.execute(select(actions.c.undoes).where(actions.c.seq == seq)).scalar()) is not None:
        seq = int(undone)
    return seq


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
