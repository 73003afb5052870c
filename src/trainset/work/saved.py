"""Saved selections: a filter, or samples picked by hand, under a name that other filters take."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from trainset.errors import BadValue, UnknownName
from trainset.model import Entry, EntryKind, SavedSelection
from trainset.store import filters, log, naming
from trainset.store.dataset import Dataset
from trainset.store.picks import keep_pick, picks_in, read_pick
from trainset.store.query import open_table
from trainset.store.replay import Replay, replay
from trainset.work.person import acting
from trainset.work.selection import Named, Selection, opened

_MOST = 1_000
_SHOWN_TOO = "excluded is not null"
"""A filter that holds for every sample, and speaks of excluded ones, so that they are not left out."""


def save_selection(
    dataset: Dataset, name: str, samples: Named = (), *, where: str = "", sort: str = "", seed: int = 0, replace: bool = False,
    reason: str = "", person: str = "", key: str | None = None,
) -> SavedSelection:  # fmt: skip
    """Saves a selection under a name: what a filter holds for (now and later), or these samples; neither means every sample. One action, which can be
    undone. `selection.NAME` is a filter from then on. sort, seed: the order in which it is looked at. replace: whether a selection of that name may be
    there already. Raises `BadValue`, `BadFilter`, `UnknownName`."""
    _check_name(name)
    now = replay(dataset)
    if name in now.selections and not replace:
        raise BadValue(
            f"there is a saved selection {name!r} already", next="choose another name, or replace it (--replace)"
        )
    if name not in now.selections and len(now.selections) >= _MOST:
        raise BadValue(f"there are {_MOST:,} saved selections already", next="trainset selections remove NAME")
    if not -1 <= seed < 2**63:
        raise BadValue("a draw has a seed", expected="0 or more, -1 for the order of import", got=str(seed))
    where = _without_itself(where.strip(), name, now)
    ids = [*samples] if not isinstance(samples, str) else [samples]
    if ids:
        where = _picked(dataset, ids, where)
    where = where or "true"
    naming.spelled_out(where, now.selections, now.selections_renamed, (name,))
    table, conditions = opened(dataset, Selection(where=where), None, sort=sort)
    with table:
        count = table.count(conditions)
        table.order_of(sort)
    entry = naming.entry(name, where, sort, seed, count)
    seq = _append(dataset, "save selection", [entry], where, reason, person, key)
    return replay(dataset, seq).selections[name]


def selections(dataset: Dataset, at: str | int | None = None) -> list[SavedSelection]:
    """The saved selections by name."""
    known = replay(dataset, log.position(dataset, at)).selections
    return sorted(known.values(), key=lambda one: (one.name.casefold(), one.name))


def rename_selection(
    dataset: Dataset, name: str, new: str, *, reason: str = "", person: str = "", key: str | None = None
) -> SavedSelection:
    """Gives a saved selection another name; the old one still leads to it until it is given again. One action. Raises `UnknownName`, `BadValue`."""
    _check_name(new)
    now = replay(dataset)
    old = _known(now, name)
    if new in now.selections:
        raise BadValue(f"there is a saved selection {new!r} already", next="choose another name")
    moved = [naming.renamed_entry(name, new)]
    for one in now.selections.values():
        where = filters.replaced(one.where, lambda other: filters.called(new) if other == name else None)
        if one is old or where != one.where:
            moved.append(naming.entry(new if one is old else one.name, where, one.sort, one.seed, one.samples))
    seq = _append(dataset, "rename selection", moved, "", reason, person, key)
    return replay(dataset, seq).selections[new]


def remove_selection(dataset: Dataset, name: str, *, reason: str = "", person: str = "", key: str | None = None) -> int:
    """Takes a saved selection away; its samples stay as they are. One action, whose position is returned. Raises `UnknownName`, and `BadValue`
    while another selection is made of it."""
    now = replay(dataset)
    old = _known(now, name)
    if others := [one.name for one in now.selections.values() if one is not old and name in names_in(one.where)]:
        raise BadValue(
            f"the saved selection {name!r} is part of others",
            got=", ".join(map(repr, others))[:500],
            next="remove those first",
        )
    return _append(dataset, "remove selection", [Entry(EntryKind.SELECTION, subject=name)], "", reason, person, key)


def names_in(where: str) -> set[str]:
    """The saved selections that a filter names."""
    found: set[str] = set()
    filters.replaced(where, lambda name: found.add(name))
    return found


def _append(
    dataset: Dataset, verb: str, changes: Iterable[Entry], where: str, reason: str, person: str, key: str | None
) -> int:
    """One action; with it the ids of the picks that a filter speaks of, for a pick alone is a cache."""
    picks = {pick: read_pick(dataset, pick) for pick in sorted({*picks_in(where)})}
    log.check(reason, *{text for entry in changes for text in (entry.subject, entry.value) if text})

    def write(connection: Connection) -> int:
        kept = [entry for pick, ids in picks.items() for entry in naming.pick_entries(connection, pick, ids)]
        return log.write_action(connection, verb, acting(person), reason, [*changes, *kept], key=key)

    return dataset.people.write(write)


def _picked(dataset: Dataset, names: list[str], where: str) -> str:
    """A filter for these samples alone. Those that are excluded were meant as well."""
    with open_table(dataset, columns=["path", "source", "excluded"]) as table:
        ids = pa.array(table.find(Selection.of(names).ids), pa.binary(16))
        gone = table.select(["id"], ["excluded"])["id"].combine_chunks().cast(pa.binary(16))
    parts = [keep_pick(dataset, ids).name, *([f"({where}\n)"] if where else [])]
    if pc.any(pc.is_in(ids, value_set=gone)).as_py():
        parts.append(_SHOWN_TOO)
    return " and ".join(parts)


def _without_itself(where: str, name: str, now: Replay) -> str:
    """A selection that is narrowed and saved under its own name stands on what it was."""
    old = now.selections.get(name)
    return filters.replaced(where, lambda other: f"({old.where}\n)" if old and other == name else None)


def _known(now: Replay, name: str) -> SavedSelection:
    if name not in now.selections:
        raise UnknownName(
            f"there is no saved selection {name!r}", expected=", ".join(sorted(now.selections))[:500] or "none is saved yet",
            next="trainset selections lists them",
        )  # fmt: skip
    return now.selections[name]


def _check_name(name: str) -> None:
    if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > 200 or name.startswith("-"):
        raise BadValue(
            "this cannot be a selection's name", got=repr(name[:200]), expected="a printable name such as too dark"
        )
