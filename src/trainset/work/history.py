"""The history of a dataset: its log, undoing, and notes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from trainset.errors import BadValue, UnknownName
from trainset.model import Action, Entry, EntryKind, Note
from trainset.store import ids
from trainset.store import log as store
from trainset.store.dataset import Dataset
from trainset.store.query import open_table
from trainset.store.replay import replay
from trainset.work.person import acting
from trainset.work.selection import Named, Selection


def log(
    dataset: Dataset, *, limit: int | None = None, person: str | None = None, at: str | int | None = None
) -> list[Action]:
    """The actions up to a version, the newest last; `limit`: only the last so many."""
    with dataset.people.read() as connection:
        found = store.read_actions(connection, None if at is None else store.position(dataset, at))
    mine = [action for action in found if person is None or action.person == person]
    return mine[max(0, len(mine) - limit) :] if limit is not None else mine


def entries(dataset: Dataset, seq: int) -> list[Entry]:
    """What one action changed, entry by entry. Raises `UnknownName`."""
    with dataset.people.read() as connection:
        if not any(action.seq == seq for action in store.read_actions(connection)):
            raise UnknownName(f"there is no action #{seq}", next="trainset log lists them")
        return [entry for _, entry in store.read_entries(connection, [seq], EntryKind)]


def undo(
    dataset: Dataset, seq: int | None = None, *, reason: str = "", person: str = "", key: str | None = None,
    only: Collection[str] = (),
) -> tuple[int, Action]:  # fmt: skip
    """Takes one action back: `seq`, else the person's last one. Undoing an undo brings its action back.

    Returns the new action's position and the action undone. key: given again, nothing more is taken back. only: verbs of actions that may be
    undone; empty: all. Raises `UndoRefused` when others
    built on it since."""
    return store.undo(dataset, acting(person), seq, reason, key=key, only=only)


def note(
    dataset: Dataset, text: str, samples: Named = (), *, label: str = "", person: str = "", key: str | None = None
) -> int:
    """Leaves a remark on samples, on a class, or, with neither, on the dataset. Returns the action's position."""
    if not text.strip():
        raise BadValue("an empty note says nothing", expected="a remark")
    if samples and label:
        raise BadValue("a note is about samples or about a class, not both")
    if label and label not in replay(dataset).classes:
        raise UnknownName(f"there is no class {label!r}", expected=", ".join(sorted(replay(dataset).classes)))
    made = [Entry(EntryKind.NOTE, subject=label or None, value=text)]
    if samples:
        with open_table(dataset, columns=["path"]) as table:
            named = table.find(Selection.of(samples).ids)
            made = [Entry(EntryKind.NOTE, sample=identifier, value=text) for identifier in named]
    seq = store.append(dataset, "note", acting(person), "", made, key=key)
    if seq is None:
        raise AssertionError("an action without entries")
    return seq


def notes(dataset: Dataset, at: str | int | None = None) -> list[Note]:
    """All notes, the oldest first."""
    return replay(dataset, None if at is None else store.position(dataset, at)).notes


def as_dict(action: Action) -> dict[str, Any]:
    """An action for JSON."""
    return {name: getattr(action, name) for name in Action.__slots__} | {"at": action.at.isoformat()}


def entry_dict(entry: Entry) -> dict[str, Any]:
    """An entry for JSON."""
    return {
        "kind": str(entry.kind),
        "sample": ids.shown(entry.sample) if entry.sample else None,
        "subject": entry.subject,
        "value": entry.value,
    }
