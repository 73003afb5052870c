"""Classes: the names a label can be, their definitions and examples; adding, renaming, merging, splitting."""

from __future__ import annotations

import json
from collections.abc import Sequence

from trainset.errors import BadValue, UnknownName
from trainset.model import ClassInfo, Entry, EntryKind
from trainset.store import ids, log
from trainset.store.dataset import Dataset
from trainset.store.query import open_table
from trainset.store.replay import Replay, replay
from trainset.work import fix
from trainset.work.person import acting
from trainset.work.selection import Named, Selection, chosen


def classes(dataset: Dataset, at: str | int | None = None) -> list[ClassInfo]:
    """All classes by name, with how many samples (excluded ones not counted) have each."""
    with open_table(dataset, log.position(dataset, at)) as table:
        counted = table.run(
            "SELECT label, count(*) AS n FROM samples WHERE NOT excluded AND label IS NOT NULL GROUP BY label"
        ).to_pylist()
        known = table.replay.classes
    counts = {row["label"]: row["n"] for row in counted}
    every = {**{name: ClassInfo(name) for name in counts}, **known}
    return [
        ClassInfo(c.name, c.definition, c.good, c.borderline, counts.get(name, 0)) for name, c in sorted(every.items())
    ]


def add_class(dataset: Dataset, name: str, *, definition: str = "", reason: str = "", person: str = "") -> int:
    """Adds a class that no sample has yet. Returns the action's position. Raises `BadValue` when it exists."""
    if fix.check_class_name(name) in replay(dataset).classes:
        raise BadValue(f"there is a class {name!r} already")
    entries = [Entry(EntryKind.CLASS_ADDED, subject=name)]
    if definition:
        entries.append(Entry(EntryKind.CLASS_DEFINED, subject=name, value=json.dumps({"definition": definition})))
    return _append(dataset, "classes add", entries, person, reason)


def define_class(
    dataset: Dataset, name: str, definition: str | None = None, *, good: Sequence[str] | None = None, borderline: Sequence[str] | None = None,
    reason: str = "", person: str = "",
) -> int:  # fmt: skip
    """Says what belongs to a class: in words, with good and with borderline examples (sample ids). What is not given stays.

    Returns the action's position."""
    known = _existing(replay(dataset), name)
    if definition is None and good is None and borderline is None:
        raise BadValue("nothing to define", expected="a definition, good examples or borderline examples")
    examples = {"good": good, "borderline": borderline}
    with open_table(dataset, columns=["path"]) as table:
        found = {
            kind: [ids.shown(i) for i in table.find(names)] if names is not None else None
            for kind, names in examples.items()
        }
    value = {
        "definition": known.definition if definition is None else definition,
        "good": list(known.good) if found["good"] is None else found["good"],
        "borderline": list(known.borderline) if found["borderline"] is None else found["borderline"],
    }
    return _append(
        dataset,
        "classes define",
        [Entry(EntryKind.CLASS_DEFINED, subject=name, value=json.dumps(value))],
        person,
        reason,
    )


def rename_class(dataset: Dataset, old: str, new: str, *, reason: str = "", person: str = "") -> int:
    """Gives a class another name; its samples, and those that the source still calls by the old one, follow."""
    replayed = replay(dataset)
    _existing(replayed, old)
    if new == old:
        raise BadValue(f"the class is called {old!r} already")
    if fix.check_class_name(new) in replayed.classes:
        raise BadValue(
            f"there is a class {new!r} already", next=f"to make one of the two: trainset classes merge {old!r} {new!r}"
        )
    return _append(dataset, "classes rename", [Entry(EntryKind.CLASS_RENAMED, subject=old, value=new)], person, reason)


def merge_classes(dataset: Dataset, names: Sequence[str], into: str, *, reason: str = "", person: str = "") -> int:
    """Makes several classes one. Returns the action's position."""
    replayed = replay(dataset)
    _existing(replayed, into)
    names = [name for name in dict.fromkeys(names) if name != into]
    if not names:
        raise BadValue("nothing to merge", expected=f"at least one class other than {into!r}")
    entries = [Entry(EntryKind.CLASS_MERGED, subject=_existing(replayed, name).name, value=into) for name in names]
    return _append(dataset, "classes merge", entries, person, reason)


def split_class(
    dataset: Dataset,
    name: str,
    into: str,
    samples: Named = (),
    *,
    where: str = "",
    reason: str = "",
    person: str = "",
) -> fix.Change:
    """Moves a selection of a class into another, which is made if need be: one action. Raises `BadValue` when none is in it."""
    replayed = replay(dataset)
    _existing(replayed, name)
    entries = [] if into in replayed.classes else [Entry(EntryKind.CLASS_ADDED, subject=fix.check_class_name(into))]
    found = chosen(dataset, Selection.of(samples, where, label=name))
    asked = chosen(dataset, Selection.of(samples)).num_rows if samples else found.num_rows
    if not found.num_rows:
        raise BadValue(f"no sample of class {name!r} is in this selection")
    moved = found["id"].to_pylist()
    entries += [Entry(EntryKind.LABEL, sample=identifier, value=into) for identifier in moved]
    seq = _append(dataset, "classes split", entries, person, reason)
    return fix.Change("classes split", seq, len(moved), asked - len(moved), tuple(ids.shown(i) for i in moved[:1000]))


def _existing(replayed: Replay, name: str) -> ClassInfo:
    if name not in replayed.classes:
        raise UnknownName(f"there is no class {name!r}", expected=", ".join(sorted(replayed.classes)) or "none yet")
    return replayed.classes[name]


def _append(dataset: Dataset, verb: str, entries: list[Entry], person: str, reason: str) -> int:
    seq = log.append(dataset, verb, acting(person), reason, entries)
    if seq is None:
        raise AssertionError("an action without entries")
    return seq
