"""A selection: which samples a verb is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import pyarrow as pa

from trainset.errors import BadValue
from trainset.store import filters, naming
from trainset.store.dataset import Dataset
from trainset.store.filters import FLAGGED, PICKED
from trainset.store.measured import measure_names
from trainset.store.picks import picks_in, read_pick
from trainset.store.query import BASE, PREDICTED, QueryTable, open_table
from trainset.store.replay import Replay, replay
from trainset.work.audit import CheckResult, audit, checks, flagged

Named: TypeAlias = Iterable[Any]
"""Samples as a person names them: ids, beginnings of ids, paths, or what `look` returned."""


@dataclass(frozen=True)
class Selection:
    """Sample ids (printed ids, their beginnings, or paths), filters that must all hold, and what a check flags; none of them: every
    sample.

    Excluded samples are left out unless a filter speaks of `excluded`, or ids are named.
    """

    ids: tuple[str, ...] = ()
    where: str = ""
    label: str | None = None
    split: str | None = None
    source: str | None = None
    check: str = ""

    @classmethod
    def of(cls, samples: Named, where: str = "", check: str = "", **more: str | None) -> Selection:
        """From what a person in Python may hand over: ids, one id, or what `look` returned. Raises `BadValue`."""
        if isinstance(samples, str):
            samples = [samples]
        names = [sample["id"] if isinstance(sample, Mapping) and "id" in sample else sample for sample in samples]
        for name in names:
            if not isinstance(name, str):
                raise BadValue("this is no sample", expected="ids, paths, or what look() returned", got=repr(name)[:80])
        return cls(tuple(names), where, check=check, **more)

    @property
    def empty(self) -> bool:
        """Whether it names nothing, and so means everything."""
        return not (
            self.ids
            or self.where
            or self.check
            or self.label is not None
            or self.split is not None
            or self.source is not None
        )

    def spelled_out(self, dataset: Dataset) -> Selection:
        """The same with the filters of saved selections, as they are now, in place of their names. Raises `BadFilter`."""
        return replace(self, where=spelled_out(dataset, self.where))

    def conditions(self, known: Sequence[str]) -> tuple[str, ...]:
        """The filters it stands for. An empty label or split means: none."""
        found = [self.where] if self.where else []
        for column, value in (("label", self.label), ("split", self.split), ("source", self.source)):
            if value is not None:
                quoted = value.replace("'", "''")
                found.append(f"{column} = '{quoted}'" if value else f"{column} is null")
        mentioned = any("excluded" in filters.parse(text, known).columns for text in found)
        if not self.ids and not mentioned:
            found.append("not excluded")
        return tuple(found)


def chosen(dataset: Dataset, selection: Selection, *, columns: Sequence[str] = (), what: str = "samples") -> pa.Table:
    """The ids (and columns) of the samples of a selection that a verb is to change. Raises `BadValue` when it is empty,
    so that nobody changes everything by forgetting a filter; `where="true"` means everything."""
    if selection.empty:
        raise BadValue(
            f"say which {what}",
            next="give ids as `trainset look` prints them, or --where \"label = 'cat'\" (--where true: all)",
        )
    selection = selection.spelled_out(dataset)
    known = _columns(dataset, selection.where)
    conditions = selection.conditions(known)
    flags = _flags(dataset, conditions, known, None)
    wanted = [*columns, "path", "source"] if selection.ids else columns
    with open_table(dataset, where=conditions, columns=wanted, flags=flags) as table:
        wanted = ["id", *dict.fromkeys([*columns, "label", "split", "excluded"])]
        found = table.select(wanted, conditions)
        if selection.check:
            some = flagged(dataset, selection.check)
            found = found.filter(pa.compute.is_in(found["id"].cast(pa.binary(16)), value_set=some))
        if selection.ids:
            named = pa.array(table.find(selection.ids), pa.binary(16))
            found = found.filter(pa.compute.is_in(found["id"].cast(pa.binary(16)), value_set=named))
        return found


def opened(
    dataset: Dataset, selection: Selection, at: int | None, *, sort: str = "", columns: Sequence[str] = ()
) -> tuple[QueryTable, tuple[str, ...]]:
    """The query table for looking at a selection, and its filters."""
    selection = selection.spelled_out(dataset)
    known = _columns(dataset, selection.where + sort)
    conditions = selection.conditions(known)
    flags = _flags(dataset, [*conditions, *([sort.lstrip("-")] if sort else [])], known, at)
    return open_table(dataset, at, where=conditions, sort=sort, columns=columns, flags=flags), conditions


def spelled_out(dataset: Dataset, text: str, replayed: Replay | None = None) -> str:
    """A filter with those of saved selections in place of their names. replayed: the log, where it has been read. Raises `BadFilter`."""
    if filters.SELECTION not in text.lower():
        return text
    now = replayed or replay(dataset)
    return naming.spelled_out(text, now.selections, now.selections_renamed)


def flags_named(dataset: Dataset, texts: Sequence[str]) -> dict[str, pa.Array]:
    """The columns of checks and picks that these filters or orders name, with the ids that each holds for now. Raises `BadFilter`, `BadValue`."""
    return _flags(dataset, texts, _columns(dataset, " ".join(texts)), None)


def _columns(dataset: Dataset, text: str) -> list[str]:
    """What a filter may speak of. The checks are looked for only where one may be meant."""
    flags = [FLAGGED + name for name in checks(dataset)] if FLAGGED in text.lower() else []
    return [*BASE, *measure_names(dataset), *PREDICTED, *flags, *picks_in(text)]


def _flags(dataset: Dataset, texts: Sequence[str], known: Sequence[str], at: int | None) -> dict[str, pa.Array]:
    """Column -> the ids that its check flags at that position, of the checks that these texts name: no others are run.

    Dismissed findings and excluded samples are not flagged. Raises `BadValue` for a check that cannot run.
    """
    used = {name for text in texts for name in filters.parse(text, known, condition=False).columns}
    wanted = sorted(name.removeprefix(FLAGGED) for name in used if name.startswith(FLAGGED))
    results = [_result(dataset, name, at) for name in wanted]
    for result in results:
        if result.skipped:
            raise BadValue(f"the check {result.check} cannot run", got=result.skipped)
    picked = {name: read_pick(dataset, name) for name in sorted(used) if name.startswith(PICKED)}
    return {FLAGGED + result.check: result.ids for result in results} | picked


def _result(dataset: Dataset, check: str, at: int | None) -> CheckResult:
    def compute() -> CheckResult:
        return audit(dataset, only=[check], at=at).results[0]

    kept = dataset.kept
    return compute() if kept is None or at is not None else kept.remember(("check", check), compute)
