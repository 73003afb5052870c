"""Fixing: label, exclude, restore, move to another split. Each is one action, with who, when and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from trainset.errors import BadValue, UnknownName
from trainset.model import SPLIT_SPELLINGS, SPLITS, Entry, EntryKind
from trainset.store import ids, log
from trainset.store.dataset import Dataset
from trainset.store.replay import replay
from trainset.work.person import acting
from trainset.work.selection import Named, Selection, chosen

_UNPRINTABLE = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff]"
)  # control characters, line breaks, surrogates


@dataclass(frozen=True)
class Change:
    """What a fixing verb did: its action (None: nothing had to change), how many samples it changed and how many it left."""

    verb: str
    action: int | None
    changed: int
    unchanged: int
    samples: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "samples": list(self.samples)}


def label(
    dataset: Dataset, to: str | None, samples: Named = (), *, where: str = "", reason: str = "", person: str = "",
    new_class: bool = False, key: str | None = None,
) -> Change:  # fmt: skip
    """Gives samples a label; None or "" takes it away. Raises `UnknownName` for a class that does not exist, unless
    `new_class`, which adds it in the same action."""
    entries = []
    to = to or None
    if to is not None:
        classes = replay(dataset).classes
        if to not in classes:
            if not new_class:
                raise UnknownName(
                    f"there is no class {to!r}",
                    expected=", ".join(sorted(classes)) or "none yet",
                    next=f"trainset classes add {to!r}, or --new-class",
                )
            entries.append(Entry(EntryKind.CLASS_ADDED, subject=check_class_name(to)))
    found = chosen(dataset, Selection.of(samples, where))
    return _change(dataset, "label", EntryKind.LABEL, found, "label", to, entries, person, reason, key)


def exclude(
    dataset: Dataset,
    samples: Named = (),
    *,
    where: str = "",
    check: str = "",
    reason: str = "",
    person: str = "",
    key: str | None = None,
) -> Change:
    """Takes samples out of the dataset, all that a `check` flags if one is named; they stay on disk, and `restore` brings them back."""
    found = chosen(dataset, Selection.of(samples, where, check))
    reason = reason or (f"flagged by {check}" if check else "")
    return _change(dataset, "exclude", EntryKind.EXCLUDE, found, "excluded", True, [], person, reason, key)


def restore(
    dataset: Dataset,
    samples: Named = (),
    *,
    where: str = "",
    reason: str = "",
    person: str = "",
    key: str | None = None,
) -> Change:
    """Brings excluded samples back. `where` runs over the excluded ones."""
    condition = f"excluded and ({where}\n)" if where else ""
    found = chosen(dataset, Selection.of(samples, condition))
    return _change(dataset, "restore", EntryKind.RESTORE, found, "excluded", False, [], person, reason, key)


def move_split(
    dataset: Dataset,
    to: str | None,
    samples: Named = (),
    *,
    where: str = "",
    reason: str = "",
    person: str = "",
    key: str | None = None,
) -> Change:
    """Moves samples to another split; None or "" for none. Raises `BadValue` for a split that does not exist."""
    if to:
        if to.lower() not in SPLIT_SPELLINGS:
            raise BadValue("there is no such split", expected=", ".join(SPLITS), got=repr(to))
        to = SPLIT_SPELLINGS[to.lower()]
    found = chosen(dataset, Selection.of(samples, where))
    return _change(dataset, "move-split", EntryKind.SPLIT, found, "split", to or None, [], person, reason, key)


def check_class_name(name: str) -> str:
    """A class's name may be any printable text without blanks at its ends. Raises `BadValue`."""
    if not name or name != name.strip() or len(name) > 500 or _UNPRINTABLE.search(name):
        raise BadValue(
            "this cannot be a class's name",
            got=repr(name[:80]),
            expected="up to 500 characters, no line breaks, no blanks at the ends",
        )
    return name


def _change(
    dataset: Dataset, verb: str, kind: EntryKind, found: pa.Table, column: str, value: Any, entries: list[Entry], person: str, reason: str,
    key: str | None,
) -> Change:  # fmt: skip
    before = found[column].to_pylist()
    changed = [identifier for identifier, old in zip(found["id"].to_pylist(), before, strict=True) if old != value]
    written = value if isinstance(value, str) else None
    entries += [Entry(kind, sample=identifier, value=written) for identifier in changed]
    seq = log.append(dataset, verb, acting(person), reason, entries, key=key) if changed else None
    return Change(verb, seq, len(changed), len(before) - len(changed), tuple(ids.shown(i) for i in changed[:1000]))
