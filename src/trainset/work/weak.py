"""Weak labels: rules that propose labels, how good they are, and what they say together; suggestions, until a person takes them."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.errors import BadFilter, BadValue, UnknownName
from trainset.learn.intervals import wilson
from trainset.learn.judged_rules import Judged, judged
from trainset.learn.label_model import label_model
from trainset.model import Entry, EntryKind, Rule
from trainset.store import filters, ids, log
from trainset.store.dataset import Dataset
from trainset.store.labelled import set_by
from trainset.store.measured import measure_names
from trainset.store.query import BASE, QueryTable, open_table
from trainset.store.replay import Replay, replay
from trainset.work.person import acting

_CIRCULAR = frozenset(("label", "source_label", "predicted", "confidence", "excluded"))
"""Columns that a rule cannot read: it would be judged by what it has read."""
_COLUMNS = tuple(name for name in BASE if name not in _CIRCULAR)
_APPLIED = "weak apply"
_LEAST = 0.5
_RULES = 1_000


@dataclass(frozen=True)
class RuleReport:
    """One rule: how many samples it speaks of, how many of those another rule speaks of too, and of which one says another class; right: of those in
    train that people labelled, `judged`, the share it has right, with its interval at 95 %. unknown: why it cannot speak; empty when it does."""

    name: str
    label: str
    rule: str
    samples: int
    overlaps: int
    conflicts: int
    judged: int
    right: float | None
    low: float
    high: float
    unknown: str
    action: int
    person: str


@dataclass(frozen=True)
class Suggestion:
    """A label that rules propose: id, path or text of the sample, the class, how sure the label model is, and the rules that speak of it, those
    of other classes too."""

    id: str
    path: str | None
    text: str | None
    label: str
    confidence: float
    rules: tuple[str, ...]


@dataclass(frozen=True)
class WeakReport:
    """All rules together. samples: that are not excluded; covered: that a rule speaks of; unlabelled: of those, that have no label; judged: covered
    samples of train that people labelled; right, most_votes: shares of them that the label model and most votes have right, each sample judged by a
    model that did not see its label. calibrated: whether those were enough to say how sure a suggestion is; said: how sure the model is of them on
    average, to be held against `right`. suggestions: of samples without a label outside validation and test, the surest first."""

    rules: tuple[RuleReport, ...]
    samples: int
    covered: int
    unlabelled: int
    judged: int
    right: float | None
    low: float
    high: float
    most_votes: float | None
    calibrated: bool
    said: float | None
    suggestions: tuple[Suggestion, ...]
    at: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **vars(self),
            "rules": [vars(one) for one in self.rules],
            "suggestions": [vars(one) for one in self.suggestions],
        }


def add_rule(
    dataset: Dataset, label: str, where: str = "", *, pattern: str = "", function: Callable[..., Any] | None = None, name: str = "",
    reason: str = "", person: str = "",
) -> Rule:  # fmt: skip
    """Adds a labelling rule: samples for which a filter holds, whose text has a pattern (RE2, whatever the case), or for which a function is true,
    are of the class `label`. One action, which can be undone.

    A function's arguments are columns (`text`, `path`, `contributor`, `meta` as a mapping, any measure). Its source is kept to be shown and is never
    run from the dataset: it speaks where it is handed to `weak` again. Raises `UnknownName` for the class, `BadFilter`, `BadValue`.
    """
    if sum(map(bool, (where, pattern, function))) != 1:
        raise BadValue(
            "a rule is one filter, one pattern, or one function",
            next="trainset weak add CLASS --where FILTER, or --pattern REGEX",
        )
    now = replay(dataset)
    if label not in now.classes:
        raise UnknownName(
            f"there is no class {label!r}",
            expected=", ".join(sorted(now.classes))[:500] or "none yet",
            next=f"trainset classes add {label!r}",
        )
    if pattern:
        quoted = pattern.replace("'", "''")
        where = f"regexp_matches(text, '(?i){quoted}')"
    name = name or _free_name(now, label, function)
    if name in now.rules:
        raise BadValue(
            f"there is a rule {name!r} already",
            next="trainset weak lists them; trainset weak remove NAME takes one away",
        )
    if not name.isprintable() or name != name.strip() or name.startswith("-") or len(name) > 200:
        raise BadValue("this cannot be a rule's name", got=repr(name[:200]), expected="a printable name such as money")
    if len(now.rules) >= _RULES:
        raise BadValue(f"there are {_RULES:,} rules already", next="trainset weak remove takes one away")
    source = ""
    if function is not None:
        source = _source(function)
        _needs(dataset, function)
    else:
        _check(dataset, where)
        with open_table(dataset, where=[where]) as table:
            table.count([where])  # also what only the database finds out: a broken pattern, kinds that do not fit
    value = json.dumps({"label": label, "where": where, "function": source}, ensure_ascii=False)
    seq = log.append(dataset, "weak add", acting(person), reason, [Entry(EntryKind.RULE, subject=name, value=value)])
    return replay(dataset, seq).rules[name]


def remove_rule(dataset: Dataset, name: str, *, reason: str = "", person: str = "") -> int:
    """Takes a rule away; one action. Raises `UnknownName`."""
    known = replay(dataset).rules
    if name not in known:
        raise UnknownName(
            f"there is no rule {name!r}", expected=", ".join(known)[:500] or "none yet", next="trainset weak lists them"
        )
    seq = log.append(dataset, "weak remove", acting(person), reason, [Entry(EntryKind.RULE, subject=name)])
    if seq is None:
        raise AssertionError("an action without entries")
    return seq


def rules(dataset: Dataset, at: str | int | None = None) -> list[Rule]:
    """The rules that stand, in the order they were added."""
    return list(replay(dataset, log.position(dataset, at)).rules.values())


def weak(
    dataset: Dataset,
    functions: Sequence[Callable[..., Any]] = (),
    *,
    confidence: float = _LEAST,
    at: str | int | None = None,
) -> WeakReport:
    """What rules cover, where they overlap and conflict, how right they are on what people labelled in train, and the labels that they suggest with at
    least this confidence. Labels of validation and test are not looked at. functions: those of rules that are functions."""
    position = log.position(dataset, at)
    with _table(dataset, position, functions) as table:
        votes = _votes(dataset, table, functions)
    return _report(votes, confidence, position)


def apply_weak(
    dataset: Dataset, functions: Sequence[Callable[..., Any]] = (), *, confidence: float = 0.9, limit: int | None = None, reason: str = "", person: str = "",
) -> tuple[int | None, int]:  # fmt: skip
    """Takes suggestions as labels, the surest first: a person's action like any other, whose reason names the rules. Only samples without a label,
    outside validation and test. Returns the action and how many labels it gave."""
    found = weak(dataset, functions, confidence=confidence)
    taken = found.suggestions[:limit]
    used = sorted({rule for one in taken for rule in one.rules})
    told = f"rules {', '.join(used)} at #{found.at}, confidence {confidence:g} or more"
    entries = [Entry(EntryKind.LABEL, sample=bytes.fromhex(one.id), value=one.label) for one in taken]
    seq = log.append(dataset, _APPLIED, acting(person), f"{reason}: {told}" if reason else told, entries)
    return seq, len(taken)


@dataclass(frozen=True)
class _Votes:
    rules: list[Rule]
    unknown: dict[str, str]
    fired: NDArray[np.bool_]
    says: NDArray[np.int64]
    classes: list[str]
    rows: pa.Table
    ruled: NDArray[np.bool_]

    @property
    def codes(self) -> NDArray[np.int64]:
        """(n,) the class of each label; of no class that a rule speaks of, the last one."""
        place = {name: code for code, name in enumerate(self.classes)}
        return np.array(
            [-1 if one is None else place.get(one, len(self.classes)) for one in self.rows["label"].to_pylist()],
            np.int64,
        )

    @property
    def apart(self) -> NDArray[np.bool_]:
        """(n,) whether a sample is of validation or test."""
        return np.array([one in ("validation", "test") for one in self.rows["split"].to_pylist()], bool)


def _table(dataset: Dataset, position: int, functions: Sequence[Callable[..., Any]]) -> QueryTable:
    known = replay(dataset, position).rules.values()
    needs = {name for function in functions for name in _needs(dataset, function)}
    columns = {"path", *(["text"] if dataset.medium == "text" else []), *needs}
    return open_table(dataset, position, where=[one.where for one in known if one.where], columns=columns)


def _votes(dataset: Dataset, table: QueryTable, functions: Sequence[Callable[..., Any]]) -> _Votes:
    found = [*table.replay.rules.values()]
    now = table.replay
    labels = [now.current_name(one.label, one.seq) for one in found]
    by_source = {_source(function): function for function in functions}
    if strange := [
        name
        for source, name in ((s, f.__name__) for s, f in by_source.items())
        if source not in {one.function for one in found}
    ]:
        raise UnknownName(
            f"no rule is the function {strange[0]!r}",
            next="dataset.add_rule(CLASS, function=...) adds it; one that was changed is another one",
        )
    columns = ["id", "label", "split", "path", *(["text"] if dataset.medium == "text" else [])]
    conditions = [
        f"coalesce({filters.parse(one.where, table.columns).sql}, false) AS r{number}"
        for number, one in enumerate(found)
        if one.where
    ]
    picked = ", ".join([*columns, *conditions])
    rows = table.run(f"SELECT {picked} FROM samples WHERE NOT excluded ORDER BY part, row")  # noqa: S608  # checked filters
    fired = np.zeros((rows.num_rows, len(found)), bool)
    unknown = {}
    for number, one in enumerate(found):
        if one.where:
            fired[:, number] = rows[f"r{number}"].to_numpy()
        elif (function := by_source.get(one.function)) is not None:
            fired[:, number] = _called(dataset, table, function)
        else:
            unknown[one.name] = "a function, which is not run from a dataset: dataset.weak(functions=[...])"
    classes = sorted({*labels, *now.classes})  # what no rule speaks of may be as well
    says = np.array([classes.index(label) for label in labels], np.int64)
    ruled = set_by(table, _APPLIED).to_numpy(zero_copy_only=False)  # a rule's own word does not judge it
    return _Votes(found, unknown, fired, says, classes, rows.select(columns), ruled)


def _report(votes: _Votes, confidence: float, position: int) -> WeakReport:
    codes, classes = votes.codes, len(votes.classes)
    covered = votes.fired.any(axis=1)
    judge = covered & (codes >= 0) & ~votes.apart & ~votes.ruled
    seen = np.where(judge & (codes < classes), codes, -1)
    found = judged(votes.fired, votes.says, codes, np.flatnonzero(judge), classes)
    low, high = wilson(found.hits, found.count)
    waiting = covered & (codes < 0)
    return WeakReport(
        tuple(_rule_report(votes, number, codes, judge) for number in range(len(votes.rules))), votes.rows.num_rows, int(covered.sum()),
        int(waiting.sum()), found.count, found.hits / found.count if found.count else None, float(low), float(high),
        found.most / found.count if found.count else None, found.calibrated, found.said,
        tuple(_suggestions(votes, seen, waiting & ~votes.apart, confidence, found)), position,
    )  # fmt: skip


def _rule_report(votes: _Votes, number: int, codes: NDArray[np.int64], judge: NDArray[np.bool_]) -> RuleReport:
    rule, mine = votes.rules[number], votes.fired[:, number]
    others = votes.fired.copy()
    others[:, number] = False
    against = others[:, votes.says != votes.says[number]]
    judged = mine & judge
    right, count = int((codes[judged] == votes.says[number]).sum()), int(judged.sum())
    low, high = wilson(right, count)
    return RuleReport(
        rule.name, votes.classes[int(votes.says[number])], rule.where or rule.function, int(mine.sum()), int((mine & others.any(axis=1)).sum()),
        int((mine & against.any(axis=1)).sum()), count, right / count if count else None, float(low), float(high),
        votes.unknown.get(rule.name, ""), rule.seq, rule.person,
    )  # fmt: skip


def _suggestions(
    votes: _Votes, seen: NDArray[np.int64], waiting: NDArray[np.bool_], confidence: float, found: Judged
) -> list[Suggestion]:
    rows = np.flatnonzero(waiting)
    if not len(rows):
        return []
    chances = found.sure(
        label_model(votes.fired, votes.says, seen, len(votes.classes)).probabilities(votes.fired[rows])
    )
    best, sure = chances.argmax(axis=1), chances.max(axis=1)
    order = [place for place in np.argsort(-sure, kind="stable").tolist() if sure[place] >= confidence]
    some = votes.rows.take(pa.array(rows[order])).to_pylist()
    return [
        Suggestion(
            row["id"].hex(), row["path"], row.get("text"), votes.classes[int(best[place])], round(float(sure[place]), 4),
            tuple(votes.rules[rule].name for rule in np.flatnonzero(votes.fired[rows[place]]).tolist()),
        )
        for place, row in zip(order, some, strict=True)
    ]  # fmt: skip


def _called(dataset: Dataset, table: QueryTable, function: Callable[..., Any]) -> list[bool]:
    needs = _needs(dataset, function)
    rows = table.run(f"SELECT {', '.join(needs)}, id FROM samples WHERE NOT excluded ORDER BY part, row")  # noqa: S608  # columns that are known
    found = []
    for batch in rows.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            identifier = row.pop("id")
            if "meta" in row:
                row["meta"] = json.loads(row["meta"] or "{}")
            try:
                found.append(bool(function(**row)))
            except Exception as error:
                raise BadValue(
                    f"the rule {function.__name__!r} failed",
                    where=f"sample {ids.shown(identifier)}",
                    got=f"{type(error).__name__}: {error}"[:300],
                ) from error
    return found


def _needs(dataset: Dataset, function: Callable[..., Any]) -> list[str]:
    """The columns that a function's arguments name."""
    names = [
        name
        for name, one in inspect.signature(function).parameters.items()
        if one.kind in (one.POSITIONAL_OR_KEYWORD, one.POSITIONAL_ONLY)
    ]
    known = {*_COLUMNS, *measure_names(dataset)}
    if not names or not {*names} <= known:
        raise BadValue(
            f"a rule's arguments are columns of samples: {function.__name__!r}",
            expected=", ".join(sorted(known)),
            got=", ".join(names) or "none",
        )
    return names


def _check(dataset: Dataset, where: str) -> None:
    known = [*_COLUMNS, *measure_names(dataset)]
    try:
        filters.parse(where, known)
    except BadFilter as error:
        read = (
            filters.parse(where, [*known, *_CIRCULAR]).columns & _CIRCULAR
            if "there is no column" in error.what
            else frozenset()
        )
        if not read:
            raise
        raise BadFilter(
            f"a rule cannot read {', '.join(sorted(read))}: it would be judged by what it has read",
            where=where,
            expected=", ".join(sorted(known)),
        ) from None


def _source(function: Callable[..., Any]) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        made = (
            hashlib.sha256(code.co_code + repr(code.co_consts).encode()).hexdigest()
            if code is not None
            else repr(function)
        )
        return f"{getattr(function, '__name__', 'function')} ({made})"


def _free_name(now: Replay, label: str, function: Callable[..., Any] | None) -> str:
    if function is not None:
        return function.__name__
    number = 1
    while f"{label}-{number}" in now.rules:
        number += 1
    return f"{label}-{number}"


def as_dict(rule: Rule) -> Mapping[str, Any]:
    """A rule for JSON."""
    return {name: getattr(rule, name) for name in rule.__slots__}
