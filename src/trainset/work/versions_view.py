"""What changed between two positions as a page shows it: groups of samples, each with a filter that holds for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from trainset.store import ids
from trainset.store.dataset import Dataset
from trainset.store.kept import KeptTable
from trainset.store.picks import keep_pick
from trainset.work.diff import KINDS, diff

_GROUPS = 200
FIRST = 12
"""Samples of a group that are named one by one."""


@dataclass(frozen=True)
class Found:
    """Samples that are in the dataset now. pick: the filter that holds for them, empty for none; first: ids of some."""

    pick: str
    count: int
    first: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Samples that changed alike by one action. now: those of them that are in the dataset now."""

    kind: str
    before: str | None
    after: str | None
    samples: int
    action: int | None
    person: str | None
    at: str | None
    reason: str
    verb: str
    now: Found


@dataclass(frozen=True)
class Changes:
    """counts: by kind. groups: the largest of each kind first; more: how many groups are not told."""

    a: str
    b: str
    counts: dict[str, int]
    groups: tuple[Group, ...]
    more: int


def changes(dataset: Dataset, table: KeptTable, a: str | int, b: str | int | None = None) -> Changes:
    """What is different at b. Raises `UnknownName` for a version that there is not."""
    found = diff(dataset, a, b)
    told = found.groups()
    groups = []
    for one in told[:_GROUPS]:
        holds = pc.equal(found.table["kind"], one["kind"])
        for name in ("before", "after", "action"):
            same = pc.is_null(found.table[name]) if one[name] is None else pc.equal(found.table[name], one[name])
            holds = pc.and_(holds, pc.fill_null(same, False))
        facts = {
            name: one[name]
            for name in ("kind", "before", "after", "samples", "action", "person", "at", "reason", "verb")
        }
        groups.append(Group(**facts, now=known(dataset, table, found.table.filter(holds)["id"].to_pylist())))
    return Changes(
        found.a,
        found.b,
        {kind: found.counts[kind] for kind in KINDS if kind in found.counts},
        tuple(groups),
        len(told) - len(groups),
    )


def known(dataset: Dataset, table: KeptTable, shown: Sequence[str]) -> Found:
    """The samples of these printed ids."""
    if not shown:
        return Found("", 0, ())
    asked: dict[str, Any] = {"asked": pa.table({"shown": pa.array(shown, pa.string())})}
    whole = table.run(
        f"SELECT id FROM samples SEMI JOIN asked ON substr(lower(hex(samples.id)), 1, {ids.SHOWN}) = asked.shown ORDER BY part, row", beside=asked  # noqa: S608
    )["id"].cast(pa.binary(16)).combine_chunks()  # fmt: skip
    if not len(whole):
        return Found("", 0, ())
    return Found(
        keep_pick(dataset, whole).name, len(whole), tuple(one.hex() for one in whole.slice(0, FIRST).to_pylist())
    )
