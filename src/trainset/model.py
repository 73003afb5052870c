"""The nouns of trainset, once: what the log, the store, the verbs and the pages speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

MEDIA = ("image", "audio", "text")
"""What a dataset holds; one medium per dataset."""

SPLITS = ("train", "validation", "test", "production")
"""The splits a sample can belong to; a sample may also have none."""

SPLIT_SPELLINGS: Mapping[str, str] = {
    "train": "train", "training": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test",
    "production": "production",
}  # fmt: skip
"""How sources spell the splits (compared without case)."""


class Outcome(StrEnum):
    """What became of one file, or of one row of a list, in an import: exactly one of these."""

    ADDED = "added"
    ALREADY_PRESENT = "already present"
    CHANGED = "changed"
    MOVED = "moved"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too large"
    UNSAFE = "unsafe"
    IGNORED = "ignored"

    @property
    def in_dataset(self) -> bool:
        """Whether the file or row is a sample of the dataset afterwards."""
        return self in (Outcome.ADDED, Outcome.ALREADY_PRESENT, Outcome.CHANGED, Outcome.MOVED)

    @property
    def is_bad(self) -> bool:
        """Whether the owner should hear of it by name."""
        return not self.in_dataset and self is not Outcome.IGNORED


class EntryKind(StrEnum):
    """What one entry of an action changes."""

    SOURCE = "source"  # subject: source name; value: where it is and how it is read (JSON)
    IMPORT = "import"  # subject: name of the part; value: source, rows, rows that replace earlier ones (JSON)
    LABEL = "label"  # sample; value: class, None for no label
    EXCLUDE = "exclude"  # sample; value: the reason when it is not the action's
    RESTORE = "restore"  # sample
    SPLIT = "split"  # sample; value: split, None for none
    CLASS_ADDED = "class added"  # subject: class
    CLASS_RENAMED = "class renamed"  # subject: old name; value: new name
    CLASS_MERGED = "class merged"  # subject: class; value: the class it goes into
    CLASS_DEFINED = "class defined"  # subject: class; value: definition and examples (JSON)
    DISMISSED = "dismissed"  # sample, subject: the check whose finding is no problem; value: the other sample where only that pair is meant
    RECIPE = "recipe"  # subject: name; value: the recipe (JSON)
    COST = "cost"  # subject: class of the label; value: the class predicted, and the cost or null for none (JSON)
    CARD = "card"  # subject: field of the data card; value: the text, None to take it away
    RULE = "rule"  # subject: name; value: class, and filter or source of a function (JSON), None to take it away
    LOCK = "lock"  # subject: name; value: where in the log, filter, how many, digest (JSON); in further entries the ids, packed
    ACKNOWLEDGED = "acknowledged"  # subject: name of the lock; value: its position, kind and cause of the alarm (JSON)
    PRICE = "price"  # subject: rating or new-sample; value: the unit, and the amount or null for none (JSON)
    SELECTION = (
        "selection"  # subject: name; value: filter, order, draw and how many it held for (JSON), None to take it away
    )
    PICKED = "picked"  # subject: what a filter calls a pick; value: its sample ids, packed: a saved selection that speaks of it lasts
    NOTE = "note"  # sample, or subject: class, or neither (the dataset); value: the text


@dataclass(frozen=True, slots=True)
class Entry:
    """One change inside an action. `sample` is a sample id (16 bytes)."""

    kind: EntryKind
    sample: bytes | None = None
    subject: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One undoable change by one person or process. `seq` is its position in the log, counted from 1."""

    seq: int
    at: datetime
    person: str
    verb: str
    reason: str
    entries: int
    undoes: int | None = None
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """A name for a position in the log, with the digest of what the dataset was there."""

    name: str
    seq: int
    at: datetime
    person: str
    message: str
    digest: str
    samples: int
    keeps_media: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A named place samples were imported from. `root` is the folder every path of it must stay in; empty when none.

    format: the one that reads it. read_as: what it is when it came packed, as in `archive of class_folders`; else empty.
    """

    name: str
    root: str
    format: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()
    read_as: str = ""


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """One of the names a label can be, with its definition and its examples (sample ids)."""

    name: str
    definition: str = ""
    good: tuple[str, ...] = ()
    borderline: tuple[str, ...] = ()
    samples: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """What it costs to take a sample of `label` for `predicted`, either of which may be `*`; set by action `seq`."""

    label: str
    predicted: str
    cost: float
    seq: int


@dataclass(frozen=True, slots=True)
class CardText:
    """What a person said in a field of the data card, by action `seq`."""

    text: str
    person: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A labelling rule of action `seq`: what `where` holds for is of the class `label`. function: the source of one in Python instead, to be
    shown and never run."""

    name: str
    label: str
    where: str
    function: str
    seq: int
    person: str
    reason: str


@dataclass(frozen=True, slots=True)
class Lock:
    """A test set that must not change: the samples a filter held for at `position` of the log, locked by action `seq`.

    digest: as of a version, of these samples alone. listed: whether their ids are kept, since the position does not tell them.
    """

    name: str
    seq: int
    at: datetime
    person: str
    reason: str
    position: int
    where: str
    samples: int
    digest: str
    listed: bool = False


@dataclass(frozen=True, slots=True)
class SavedSelection:
    """A selection under a name, saved by action `seq`: a filter that holds for its samples, and in which order they were looked at (`sort`: a
    column, `-column` for the largest first; else a draw by `seed`, -1 the order of import). samples: how many there were then."""

    name: str
    where: str
    sort: str
    seed: int
    samples: int
    seq: int
    at: datetime
    person: str
    reason: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An alarm of the lock of action `lock` that somebody knows of: its kind, the action that caused it (None: the disk) and,
    of those that the log does not tell, its samples."""

    seq: int
    person: str
    reason: str
    lock: int
    kind: str
    cause: int | None
    samples: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Price:
    """What one of `what` (rating, new-sample) takes: `amount` of a `unit`, of money (EUR) or of time (seconds, minutes, hours); set by
    action `seq`."""

    what: str
    amount: float
    unit: str
    seq: int


@dataclass(frozen=True, slots=True)
class Note:
    """A remark a person left on a sample, a class or the dataset (both `sample` and `label` empty)."""

    seq: int
    at: datetime
    person: str
    text: str
    sample: str = ""
    label: str = ""
