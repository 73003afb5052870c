"""What changed between two positions as a page shows it: groups of samples, each with a filter that holds for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.store import ids
from trainset.store.dataset import Dataset
from trainset.store.kept import KeptTable
from trainset.store.picks import keep_pick
from trainset.work.diff import GROUPED, KINDS, diff

_GROUPS = 200
FIRST = 12
"""Samples of a group that are named one by one."""


@dataclass(frozen=True)
class Now:
    """Samples that are in the dataset now. pick: the filter that holds for them, empty for none; first: ids of some."""

    pick: str
    count: int
    first: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Samples that changed alike by one action. kind: added, removed, excluded, restored, relabelled, moved split, changed content, moved file. now:
    those of them that are in the dataset now."""

    kind: str
    before: str | None
    after: str | None
    samples: int
    action: int | None
    person: str | None
    at: str | None
    reason: str
    verb: str
    now: Now


@dataclass(frozen=True)
class Changes:
    """What is different at b. counts: samples by kind. groups: the largest of each kind first; more: how many groups are not told."""

    a: str
    b: str
    counts: dict[str, int]
    groups: tuple[Group, ...]
    more: int


def changes(dataset: Dataset, now: pa.Array, a: str | int, b: str | int | None = None) -> Changes:
    """What is different at b. now: the ids of the samples that there are, in the order of import. Raises `UnknownName` for a version that there is
    not."""
    found = diff(dataset, a, b)
    told = found.groups()
    place = pc.index_in(found.ids, value_set=now).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    rows = _rows(found.table)
    groups = []
    for one in told[:_GROUPS]:
        facts = {
            name: one[name]
            for name in ("kind", "before", "after", "samples", "action", "person", "at", "reason", "verb")
        }
        mine = place[rows[tuple(one[name] for name in GROUPED)]]
        groups.append(Group(**facts, now=_found(dataset, now.take(pa.array(np.sort(mine[mine >= 0]))))))
    return Changes(
        found.a,
        found.b,
        {kind: found.counts[kind] for kind in KINDS if kind in found.counts},
        tuple(groups),
        len(told) - len(groups),
    )


def _rows(table: pa.Table) -> dict[tuple[Any, ...], NDArray[np.int64]]:
    """The rows of each group of changes."""
    code = np.zeros(table.num_rows, np.int64)
    for name in GROUPED:
        one = table[name].combine_chunks().dictionary_encode()
        codes = one.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
        code = np.unique(code * (len(one.dictionary) + 1) + codes, return_inverse=True)[1].reshape(-1)
    order = np.argsort(code, kind="stable")
    some = np.split(order, np.flatnonzero(np.diff(code[order])) + 1) if len(order) else []
    firsts = table.select(GROUPED).take(pa.array([one[0] for one in some], pa.int64())).to_pylist()
    return {tuple(row[name] for name in GROUPED): one for row, one in zip(firsts, some, strict=True)}


def known(dataset: Dataset, table: KeptTable, shown: Sequence[str]) -> Now:
    """The samples of these printed ids."""
    if not shown:
        return Now("", 0, ())
    asked: dict[str, Any] = {"asked": pa.table({"shown": pa.array(shown, pa.string())})}
    whole = table.run(
        f"SELECT id FROM samples SEMI JOIN asked ON substr(lower(hex(samples.id)), 1, {ids.SHOWN}) = asked.shown ORDER BY part, row", beside=asked  # noqa: S608
    )["id"].cast(pa.binary(16)).combine_chunks()  # fmt: skip
    return _found(dataset, whole)


def _found(dataset: Dataset, whole: pa.Array) -> Now:
    if not len(whole):
        return Now("", 0, ())
    return Now(
        keep_pick(dataset, whole).name, len(whole), tuple(one.hex() for one in whole.slice(0, FIRST).to_pylist())
    )
