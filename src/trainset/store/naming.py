"""Saved selections: what their entries say, written and read as what it must be; and filters that name them, spelled out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, select

from trainset.errors import BadFilter
from trainset.model import Action, Entry, EntryKind, SavedSelection
from trainset.store.filters import replaced
from trainset.store.locking import pack
from trainset.store.tables import entries

_PACKED = 10_000
"""Ids of one entry."""
_LONGEST = 20_000
_DEEPEST = 50


def saved(name: str, action: Action, facts: Mapping[str, Any]) -> SavedSelection:
    """A saved selection as its entry says. Raises `ValueError`, `KeyError`."""
    where, sort, seed, samples = facts["where"], facts["sort"], facts["seed"], facts["samples"]
    if not isinstance(where, str) or not isinstance(sort, str) or not _is_whole(seed, -1) or not _is_whole(samples, 0):
        raise ValueError(f"where {where!r}, sort {sort!r}, seed {seed!r}, samples {samples!r}")
    return SavedSelection(name, where, sort, seed, samples, action.seq, action.at, action.person, action.reason)


def entry(name: str, where: str, sort: str, seed: int, samples: int) -> Entry:
    """The entry that saves a selection."""
    facts = {"where": where, "sort": sort, "seed": seed, "samples": samples}
    return Entry(EntryKind.SELECTION, subject=name, value=json.dumps(facts, ensure_ascii=False))


def renamed(facts: Mapping[str, Any]) -> str:
    """The new name, as the entry of the old one says. Raises `ValueError`."""
    if not isinstance(facts["renamed"], str) or not facts["renamed"]:
        raise ValueError(f"renamed {facts['renamed']!r}")
    return facts["renamed"]


def renamed_entry(name: str, new: str) -> Entry:
    """The entry that leads from an old name to a new one, so that an address that was copied still opens."""
    return Entry(EntryKind.SELECTION, subject=name, value=json.dumps({"renamed": new}, ensure_ascii=False))


def pick_entries(connection: Connection, pick: str, ids: pa.Array) -> Iterator[Entry]:
    """The entries that keep a pick for good, ten thousand ids to an entry; none when the log has it already."""
    mine = select(entries.c.seq).where(entries.c.kind == str(EntryKind.PICKED), entries.c.subject == pick).limit(1)
    if connection.execute(mine).first() is None:
        for start in range(0, len(ids), _PACKED):
            yield Entry(EntryKind.PICKED, subject=pick, value=pack(ids.slice(start, _PACKED).to_pylist()))


def spelled_out(
    text: str, known: Mapping[str, SavedSelection], moved: Mapping[str, str], names: tuple[str, ...] = ()
) -> str:
    """A filter without names of saved selections: each stands there as its own filter. moved: old names and their new ones; names: those that it is
    part of already. Raises `BadFilter` for a name that is not there, and for a selection that is made of itself."""

    def filter_of(name: str) -> str:
        for _ in range(len(moved)):  # a name may have changed often
            if name in known or name not in moved:
                break
            name = moved[name]
        if name not in known:
            raise BadFilter(
                f"there is no saved selection {name!r}", where=text, expected=", ".join(sorted(known))[:500] or "none is saved yet",
                next="trainset selections lists them",
            )  # fmt: skip
        if name in names or len(names) >= _DEEPEST:
            raise BadFilter(f"the saved selection {name!r} is made of itself", got=" -> ".join([*names, name])[:500])
        if name not in made:
            made[name] = f"({spelled_out(known[name].where, known, moved, (*names, name))}\n)"
        return made[name]

    made: dict[str, str] = {}
    found = replaced(text, filter_of)
    if found != text and len(found) > _LONGEST:
        raise BadFilter(
            "the filters of the saved selections are too long together", expected=f"at most {_LONGEST:,} characters"
        )
    return found


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
