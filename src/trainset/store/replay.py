"""What the log says at a position: which parts count, the classes and their names, and what people set per sample."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

from trainset.errors import DamagedDataset
from trainset.model import (
    SPLITS,
    Acknowledged,
    Action,
    CardText,
    ClassInfo,
    Cost,
    Entry,
    EntryKind,
    Lock,
    Note,
    Price,
    Rule,
    SavedSelection,
    Source,
)
from trainset.recipe import Recipe
from trainset.store import ids, locking, log, naming, own_media
from trainset.store.dataset import Dataset

_WHOLE = (
    EntryKind.SOURCE, EntryKind.IMPORT, EntryKind.CLASS_ADDED, EntryKind.CLASS_RENAMED, EntryKind.CLASS_MERGED,
    EntryKind.CLASS_DEFINED, EntryKind.NOTE, EntryKind.RECIPE, EntryKind.COST, EntryKind.CARD, EntryKind.LOCK, EntryKind.ACKNOWLEDGED,
    EntryKind.PRICE,
    EntryKind.RULE, EntryKind.SELECTION,
)  # fmt: skip
COST_MOST = 1e9
PRICED = ("rating", "new-sample")
"""What can have a price: an answer of a person, and a sample that is not there yet."""
_OVERLAYS = (EntryKind.LABEL, EntryKind.SPLIT, EntryKind.EXCLUDE, EntryKind.RESTORE)


@dataclass(frozen=True)
class Part:
    """A part of `samples/` that counts: its file name, the position of its import, how many earlier rows it
    replaces, and whether its splits are the proposed ones (the source has none)."""

    name: str
    seq: int
    source: str
    rows: int
    replaces: int
    proposes: bool


@dataclass(frozen=True)
class Rename:
    """A class that goes by another name since position `seq`. `until`: where a class of the old name was made anew; `merged`: whether
    the new name is another class's."""

    seq: int
    old: str
    new: str
    until: int | None
    merged: bool = False


@dataclass
class Replay:
    """The log read up to position `at`, without the entries of single samples (see `overlays`)."""

    at: int
    actions: list[Action]
    parts: list[Part] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    classes: dict[str, ClassInfo] = field(default_factory=dict)
    renames: list[Rename] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    recipes: dict[str, tuple[int, Recipe]] = field(default_factory=dict)  # name -> where in the log, recipe
    costs: dict[tuple[str, str], Cost] = field(default_factory=dict)  # label, predicted
    card: dict[str, CardText] = field(default_factory=dict)  # field of the data card -> what was said last
    rules: dict[str, Rule] = field(default_factory=dict)  # labelling rules
    selections: dict[str, SavedSelection] = field(default_factory=dict)
    selections_renamed: dict[str, str] = field(default_factory=dict)  # old name -> new one
    locks: dict[str, Lock] = field(default_factory=dict)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    prices: dict[tuple[str, str], Price] = field(default_factory=dict)  # what, unit
    named: set[str] = field(default_factory=set)  # the parts

    @cached_property
    def standing(self) -> list[int]:
        """Positions of the actions that are not undone."""
        return [action.seq for action in self.actions if not action.undone and action.undoes is None]

    @cached_property
    def overlaps(self) -> bool:
        """Whether a sample may have rows in several parts, of which the last counts: after a change, or an import brought back."""
        brought = {part.seq for part in self.parts}
        return any(part.replaces for part in self.parts) or any(action.undoes in brought for action in self.actions)

    def current_name(self, name: str, since: int, *, from_source: bool = False) -> str:
        """The name at `at` of a class that position `since` spoke of as `name`.

        A source goes on using the old spelling: its labels follow a rename made before its import too, unless the old
        name was made a class of its own again.
        """
        for rename in self.renames:
            applies = rename.seq > since or (from_source and (rename.until is None or since < rename.until))
            if rename.old == name and applies:
                name = rename.new
        return name


def replay(dataset: Dataset, at: int | None = None) -> Replay:
    """Reads the log up to position `at` (None: to its end). Raises `DamagedDataset` on entries that cannot be."""
    with dataset.people.read() as connection:
        known = log.read_actions(connection, at)
        result = Replay(known[-1].seq if at is None and known else at or 0, known)
        by_seq = {action.seq: action for action in known}
        for seq, entry in log.read_entries(connection, result.standing, _WHOLE):
            try:
                _apply(result, by_seq[seq], entry)
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
                raise DamagedDataset(
                    f"entry of action #{seq} ({entry.kind}) does not say what it must say",
                    where=str(dataset.folder),
                    got=repr(error),
                ) from error
    for name, source in result.sources.items():
        result.sources[name] = dataclasses.replace(source, root=own_media.found(dataset.folder, source.root))
    result.notes = [
        dataclasses.replace(note, label=result.current_name(note.label, note.seq)) for note in result.notes
    ]  # a class goes by the name it has now
    return result


def overlays(dataset: Dataset, replayed: Replay) -> Iterator[pa.RecordBatch]:
    """What people set, one row per entry in the order of the log: sample, field (label, split, excluded), value, seq.

    Labels carry the name their class has now; `value` of excluded is '1' or null.
    """
    names: dict[tuple[str, int], str] = {}
    schema = pa.schema(
        [
            ("sample", pa.binary(16)),
            ("field", pa.string()),
            ("value", pa.string()),
            ("n", pa.int64()),
            ("seq", pa.int64()),
        ]
    )
    columns: list[list[Any]] = [[], [], [], [], []]
    with dataset.people.read() as connection:
        for n, (seq, entry) in enumerate(log.read_entries(connection, replayed.standing, _OVERLAYS)):
            if entry.sample is None or len(entry.sample) != 16:
                raise DamagedDataset(f"an entry of action #{seq} names no sample", where=str(dataset.folder))
            value, name = entry.value, "excluded"
            if entry.kind is EntryKind.LABEL:
                name = "label"
                if value is not None:
                    if (value, seq) not in names:
                        names[value, seq] = replayed.current_name(value, seq)
                    value = names[value, seq]
            elif entry.kind is EntryKind.SPLIT:
                name = "split"
                if value is not None and value not in SPLITS:
                    raise DamagedDataset(
                        f"action #{seq} sets an unknown split", where=str(dataset.folder), got=repr(value)
                    )
            else:
                value = "1" if entry.kind is EntryKind.EXCLUDE else None
            for column, item in zip(columns, (entry.sample, name, value, n, seq), strict=True):
                column.append(item)
            if len(columns[0]) == 50_000:
                yield pa.record_batch(columns, schema=schema)
                columns = [[], [], [], [], []]
    yield pa.record_batch(columns, schema=schema)


def _place(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"place {value!r}")
    os.fsencode(value)  # a half of a character has no place in a path
    return value


def _apply(result: Replay, action: Action, entry: Entry) -> None:
    kind, subject, value = entry.kind, entry.subject, entry.value
    if kind is EntryKind.NOTE:
        sample = ids.shown(entry.sample) if entry.sample else ""
        result.notes.append(Note(action.seq, action.at, action.person, value or "", sample, subject or ""))
        return
    if not subject:
        raise ValueError("no subject")
    if kind is EntryKind.SOURCE:
        facts = json.loads(value or "")
        root, *allowed = map(_place, [facts["root"], *facts.get("allowed", [])])
        settings, read_as = dict(facts.get("settings", {})), str(facts.get("read_as", ""))
        result.sources[subject] = Source(subject, root, str(facts["format"]), settings, tuple(allowed), read_as)
    elif kind is EntryKind.IMPORT:
        facts = json.loads(value or "")
        if "/" in subject or subject.startswith(".") or "\\" in subject or "\0" in subject:
            raise ValueError(f"part name {subject!r}")
        if subject in result.named:
            raise ValueError(f"part {subject!r} is imported twice")
        result.named.add(subject)
        result.parts.append(
            Part(
                subject,
                action.seq,
                str(facts["source"]),
                int(facts["rows"]),
                int(facts["replaces"]),
                bool(facts["proposes"]),
            )
        )
    elif kind is EntryKind.RECIPE:
        result.recipes[subject] = action.seq, Recipe.from_dict(json.loads(value or ""))
    elif kind is EntryKind.RULE:
        result.rules.pop(subject, None)
        if value is not None:
            facts = json.loads(value)
            label, where, function = facts["label"], facts["where"], facts["function"]
            if (
                not all(isinstance(one, str) for one in (label, where, function))
                or not label
                or bool(where) == bool(function)
            ):
                raise ValueError("a rule is a class, and a filter or a function")
            result.rules[subject] = Rule(subject, label, where, function, action.seq, action.person, action.reason)
    elif kind is EntryKind.SELECTION:
        result.selections.pop(subject, None)
        result.selections_renamed.pop(subject, None)
        facts = json.loads(value) if value is not None else {}
        if "renamed" in facts:
            result.selections_renamed[subject] = naming.renamed(facts)
        elif value is not None:
            result.selections[subject] = naming.saved(subject, action, facts)
    elif kind is EntryKind.LOCK:
        facts = json.loads(value or "")
        if "packed" not in facts:  # the ids are read where they are needed
            result.locks.setdefault(subject, locking.lock(subject, action, facts))
    elif kind is EntryKind.ACKNOWLEDGED:
        result.acknowledged.append(locking.acknowledged(action, json.loads(value or "")))
    elif kind is EntryKind.CLASS_ADDED:
        if subject in result.classes:
            return  # a later import has it too
        result.classes[subject] = ClassInfo(subject)
        result.renames = [
            dataclasses.replace(r, until=action.seq) if r.old == subject and r.until is None else r
            for r in result.renames
        ]
    elif kind in (EntryKind.CLASS_RENAMED, EntryKind.CLASS_MERGED):
        new = value or ""
        old = result.classes.pop(subject, ClassInfo(subject))
        kept = result.classes.get(new)
        result.classes[new] = kept or ClassInfo(new, old.definition, old.good, old.borderline)
        result.renames.append(Rename(action.seq, subject, new, None, kind is EntryKind.CLASS_MERGED))
        result.costs = _renamed(result.costs, subject, new)
    elif kind is EntryKind.COST:
        _set_cost(result, action.seq, subject, json.loads(value or ""))
    elif kind is EntryKind.CARD:
        result.card.pop(subject, None)
        if value:
            result.card[subject] = CardText(value, action.person, action.at, action.seq)
    elif kind is EntryKind.PRICE:
        _set_price(result, action.seq, subject, json.loads(value or ""))
    elif kind is EntryKind.CLASS_DEFINED:
        facts = json.loads(value or "")
        result.classes[subject] = ClassInfo(
            subject,
            str(facts.get("definition", "")),
            tuple(map(str, facts.get("good", ()))),
            tuple(map(str, facts.get("borderline", ()))),
        )


def _set_cost(result: Replay, seq: int, label: str, facts: dict[str, Any]) -> None:
    predicted, cost = facts["predicted"], facts["cost"]
    if not isinstance(predicted, str) or not predicted:
        raise ValueError(f"predicted {predicted!r}")
    if cost is None:
        result.costs.pop((label, predicted), None)
        return
    if isinstance(cost, bool) or not isinstance(cost, (int, float)) or not 0 <= cost <= COST_MOST:
        raise ValueError(f"cost {cost!r}")
    result.costs.pop((label, predicted), None)  # set anew it is the last
    result.costs[label, predicted] = Cost(label, predicted, float(cost), seq)


def _set_price(result: Replay, seq: int, what: str, facts: dict[str, Any]) -> None:
    unit, amount = facts["unit"], facts["amount"]
    if what not in PRICED or not isinstance(unit, str) or not unit:
        raise ValueError(f"price of {what!r} in {unit!r}")
    result.prices.pop((what, unit), None)
    if amount is None:
        return
    if isinstance(amount, bool) or not isinstance(amount, (int, float)) or not 0 <= amount <= COST_MOST:
        raise ValueError(f"price {amount!r}")
    result.prices[what, unit] = Price(what, float(amount), unit, seq)


def _renamed(costs: dict[tuple[str, str], Cost], old: str, new: str) -> dict[tuple[str, str], Cost]:
    """Costs follow a class to its new name; where the class that it goes into has one of its own, that one stays."""
    found: dict[tuple[str, str], Cost] = {}
    for pair, cost in costs.items():
        label, predicted = (new if name == old else name for name in pair)
        if label != predicted and ((label, predicted) == pair or (label, predicted) not in costs):
            found[label, predicted] = dataclasses.replace(cost, label=label, predicted=predicted)
    return found
