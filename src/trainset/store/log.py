"""The log: actions and their entries, appended and read; which of them are undone; versions, the names of positions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, exc, func, insert, select

from trainset.errors import BadValue, UndoRefused, UnknownName
from trainset.model import Action, Entry, EntryKind, Version
from trainset.store import parts
from trainset.store import rows as sound
from trainset.store.dataset import Dataset
from trainset.store.schema import SAMPLES
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
    check(reason, *{text for entry in changes for text in (entry.subject, entry.value) if text})

    def write(connection: Connection) -> int:
        return write_action(connection, verb, person, reason, changes, key=key)

    return dataset.people.write(write)


def undo(
    dataset: Dataset, person: str, seq: int | None, reason: str, *, key: str | None = None, only: Collection[str] = ()
) -> tuple[int, Action]:
    """Appends the reverse of one action: of `seq`, else of the person's last one that still stands.

    Undoing an undo brings the action back. Returns the new position and the action undone. Raises `UndoRefused`, naming
    them, when a later action of someone else touched the same samples or classes, and when it is of a verb that is not among `only`,
    where some are named. An import touches all its samples.
    """

    check(reason)
    return dataset.people.write(
        lambda connection: write_undo(dataset, connection, person, seq, reason, key=key, only=only)
    )


def write_undo(
    dataset: Dataset, connection: Connection, person: str, seq: int | None, reason: str, *, key: str | None = None,
    only: Collection[str] = (),
) -> tuple[int, Action]:  # fmt: skip
    """`undo` inside a transaction that writes more than this. `key`: given again, it is the undo that was made with it."""
    known = read_actions(connection)
    if key is not None and (earlier := connection.execute(select(actions.c.seq).where(actions.c.key == key)).scalar()):
        by_seq = {action.seq: action for action in known}
        undone = by_seq.get(by_seq[earlier].undoes or 0)
        if undone is None:
            raise BadValue(
                f"this key was given with action #{earlier}, which is no undo", next="take a new key for each change"
            )
        return earlier, undone
    target = _target(known, person, seq)
    first = origin(connection, target.seq)  # to undo an undo brings back what it took
    said = next(action.verb for action in known if action.seq == first)
    if only and said not in only:
        raise UndoRefused(
            f"action #{target.seq} ({said}) is not yours to undo", expected=f"an action of {', '.join(sorted(only))}",
            next="ask whoever started the server",
        )  # fmt: skip
    others = {
        action.seq: action
        for action in known
        if action.seq > target.seq and action.person != person and not action.undone and action.undoes is None
    }
    clash = [others[shared] for shared in sorted(_built_on(dataset, connection, target.seq, others))]
    if clash:
        shown = "; ".join(f"#{action.seq} {action.verb} by {action.person}" for action in clash[:5])
        raise UndoRefused(
            f"action #{target.seq} ({target.verb}) cannot be undone: others have since changed the same samples or classes", got=shown,
            next=f"ask them, or undo theirs first: trainset undo {clash[-1].seq}",
        )  # fmt: skip
    return write_action(connection, "undo", person, reason, [], undoes=target.seq, key=key), target


def read_actions(connection: Connection, at: int | None = None) -> list[Action]:
    """All actions up to position `at`, in order, each marked whether it is undone there."""
    statement = select(actions).order_by(actions.c.seq)
    rows = connection.execute(statement if at is None else statement.where(actions.c.seq <= at)).all()
    undone = _undone((row.seq, row.undoes) for row in reversed(rows))
    found: dict[int, Action] = {}
    for row in rows:
        found[row.seq] = sound.action(row, found.keys(), undone)
    return [*found.values()]


def read_undone(connection: Connection) -> set[int]:
    """The positions of the actions that are undone, without reading the others."""
    statement = select(actions.c.seq, actions.c.undoes).where(actions.c.undoes.is_not(None))
    return _undone((seq, undoes) for seq, undoes in connection.execute(statement.order_by(actions.c.seq.desc())))


def classes_since(connection: Connection, seq: int) -> bool:
    """Whether classes may have changed after a position: an entry about one, or an undo."""
    kinds = [str(kind) for kind in EntryKind if kind.startswith("class")]
    told = select(entries.c.seq).where(entries.c.seq > seq, entries.c.kind.in_(kinds)).limit(1)
    undos = select(actions.c.seq).where(actions.c.seq > seq, actions.c.undoes.is_not(None)).limit(1)
    return connection.execute(told).first() is not None or connection.execute(undos).first() is not None


def read_entries(
    connection: Connection, standing: Sequence[int], kinds: Iterable[EntryKind]
) -> Iterator[tuple[int, Entry]]:
    """The entries of these kinds in the standing actions, in the order of the log, streamed."""
    sound.check_entries(connection)
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


def entries_about(connection: Connection, sample: bytes) -> list[tuple[int, Entry]]:
    """The entries about one sample, with the positions of their actions, in the order of the log."""
    sound.check_entries(connection)
    statement = (
        select(entries.c.seq, entries.c.kind, entries.c.sample, entries.c.subject, entries.c.value)
        .where(entries.c.sample == sample)
        .order_by(entries.c.seq, entries.c.n)
    )
    return [
        (seq, Entry(EntryKind(kind), of, subject, value))
        for seq, kind, of, subject, value in connection.execute(statement)
    ]


def head(dataset: Dataset) -> int:
    """The last position of the log; 0 when nothing has happened."""
    with dataset.people.read() as connection:
        return int(connection.execute(select(func.max(actions.c.seq))).scalar() or 0)


def position(dataset: Dataset, at: str | int | None) -> int:
    """The position a version's name, `#12`, `start` or `now` (or None) stands for. Raises `UnknownName`."""
    last = head(dataset)
    if at is None or at == "now":
        return last
    if isinstance(at, int) or (at.startswith("#") and at[1:].isdecimal() and len(at) < 20):
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
    if (
        version.name in ("now", "start", "")
        or version.name != version.name.strip()
        or version.name.startswith(("#", "-"))
        or not version.name.isprintable()
    ):
        raise BadValue(
            "this cannot be a version's name", got=repr(version.name), expected="a printable name such as v1"
        )
    check(version.message)
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
    return [sound.version(row) for row in rows]


def now() -> datetime:
    """The time as the log keeps it: UTC, to the microsecond."""
    return datetime.now(UTC)


def write_action(
    connection: Connection, verb: str, person: str, reason: str, changes: list[Entry], *, undoes: int | None = None,
    key: str | None = None,
) -> int:  # fmt: skip
    """Appends an action inside a transaction that writes more than this, and returns its position."""
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


def _undone(latest_first: Iterable[tuple[int, int | None]]) -> set[int]:
    undone: set[int] = set()
    for seq, undoes in latest_first:  # an undo counts unless a later one took it back
        if undoes is not None and seq not in undone:
            undone.add(undoes)
    return undone


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


def _built_on(dataset: Dataset, connection: Connection, seq: int, later: Collection[int]) -> set[int]:
    """Those of the `later` actions that share a sample or a class with an action (an undo counts as what it undoes)."""
    if not later:
        return set()
    first = origin(connection, seq)
    span = entries.c.seq.between(min(later), max(later))
    mine = select(entries.c.sample).where(entries.c.seq == first, entries.c.sample.is_not(None))
    found = set(connection.execute(select(entries.c.seq).distinct().where(span, entries.c.sample.in_(mine))).scalars())
    if imported := _imported(dataset, connection, first):
        found.update(other for other in later if not imported.isdisjoint(_imported(dataset, connection, other)))
        rows = connection.execute(select(entries.c.seq, entries.c.sample).where(span, entries.c.sample.is_not(None)))
        found.update(other for other, sample in rows.yield_per(_CHUNK) if sample in imported)
    made = [str(kind) for kind in EntryKind if kind.startswith("class")]
    classes = {name for _, name in _classes(connection, entries.c.seq == first, made)}
    if classes:  # others build on a class by labels, notes and costs as well
        using = [
            str(EntryKind.LABEL),
            str(EntryKind.NOTE),
            str(EntryKind.COST),
            *(kind for kind in made if kind != EntryKind.CLASS_ADDED),
        ]
        found.update(other for other, name in _classes(connection, span, using) if name in classes)
    return found & set(later)


def _imported(dataset: Dataset, connection: Connection, seq: int) -> set[bytes]:
    """The ids of the samples that an import brought, or brought anew."""
    named = select(entries.c.subject).where(entries.c.seq == seq, entries.c.kind == str(EntryKind.IMPORT))
    result: set[bytes] = set()
    for name in connection.execute(named).scalars():
        for batch in parts.batches(dataset.place("samples", Path(name or "").name), ["id"], SAMPLES):
            result.update(batch["id"].to_pylist())
    return result


def _classes(connection: Connection, where: ColumnElement[bool], kinds: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The classes that entries of these kinds speak of, each with the position of its action."""
    columns = (entries.c.seq, entries.c.kind, entries.c.subject, entries.c.value)
    of_value = (EntryKind.LABEL, EntryKind.CLASS_RENAMED, EntryKind.CLASS_MERGED)
    for seq, kind, subject, value in connection.execute(
        select(*columns).distinct().where(where, entries.c.kind.in_(kinds))
    ):
        yield from ((seq, name) for name in (subject, value if kind in of_value else None) if name is not None)


def origin(connection: Connection, seq: int) -> int:
    """The action that an undo, or the undo of an undo, is about in the end."""
    while (undone := connection.execute(select(actions.c.undoes).where(actions.c.seq == seq)).scalar()) is not None:
        seq = int(undone)
    return seq


def check(*texts: str) -> None:
    """Texts must be storable: a terminal hands over bytes that are no UTF-8 as halves of characters."""
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadValue("this text cannot be stored", expected="UTF-8", got=repr(text[:80])) from None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
