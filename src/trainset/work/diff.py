"""Diff: what changed between two versions, who changed it, when and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.model import Action, EntryKind
from trainset.store import ids, log
from trainset.store.dataset import Dataset
from trainset.store.query import QueryTable
from trainset.work.blame import Blame, one_array

KINDS = ("added", "removed", "excluded", "restored", "relabelled", "moved split", "changed content", "moved file")

GROUPED = ("kind", "before", "after", "action")
"""What changes are grouped by."""

SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("id", pa.string()),
        ("path", pa.string()),
        ("label", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
        ("action", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Diff:
    """The changes from position `a` to position `b`: one row of `table` per changed sample and kind (see `SCHEMA`). ids: of these rows, whole."""

    a: str
    b: str
    table: pa.Table
    actions: dict[int, Action]
    ids: pa.Array

    @property
    def counts(self) -> dict[str, int]:
        """How many samples changed, by kind."""
        counted = pc.value_counts(self.table["kind"]).to_pylist()
        found = dict.fromkeys(KINDS, 0) | {one["values"]: one["counts"] for one in counted}
        return {kind: found[kind] for kind in KINDS if found[kind]}

    def groups(self) -> list[dict[str, Any]]:
        """The changes grouped by kind, from, to and action, the largest first: what a person reads."""
        columns = GROUPED
        if not self.table.num_rows:
            return []
        grouped = self.table.group_by(list(columns)).aggregate([("id", "count"), ("id", "min")]).to_pylist()
        rows = []
        for row in sorted(
            grouped,
            key=lambda row: (KINDS.index(row["kind"]), -row["id_count"], row["before"] or "", row["after"] or ""),
        ):
            action = self.actions.get(row["action"]) if row["action"] is not None else None
            rows.append(
                {
                    **{name: row[name] for name in columns},
                    "samples": row["id_count"],
                    "person": action.person if action else None,
                    "at": action.at.isoformat() if action else None,
                    "reason": action.reason if action else "",
                    "verb": action.verb if action else "",
                }
            )
        return rows

    def as_dict(self) -> dict[str, Any]:
        """For JSON: counts, groups, and every change."""
        return {
            "a": self.a,
            "b": self.b,
            "counts": self.counts,
            "groups": self.groups(),
            "changes": self.table.to_pylist(),
        }

    def to_arrow(self) -> pa.Table:
        """Every change as an Arrow table."""
        return self.table

    def _repr_html_(self) -> str:
        from trainset.work.show import table_html

        names = ("kind", "before", "after", "samples", "person", "reason", "action")
        rows = [["" if row[name] is None else row[name] for name in names] for row in self.groups()]
        return table_html(names, rows, f"{self.table.num_rows:,} changes from {self.a} to {self.b}")


def diff(dataset: Dataset, a: str | int, b: str | int | None = None) -> Diff:
    """Compares two versions (or `#POSITION`, `start`, `now`); `b` defaults to now."""
    first, second = log.position(dataset, a), log.position(dataset, b)
    columns, only = ("path", "content"), _only_touched(dataset, first, second)
    with QueryTable(dataset, first, columns, only) as before, QueryTable(dataset, second, columns, only) as after:
        changed = _compare(before, after)
        table, whole = _attributed(dataset, before, after, changed)
    with dataset.people.read() as connection:
        actions = {action.seq: action for action in log.read_actions(connection)}
    return Diff(
        str(a),
        "now" if b is None else str(b),
        table,
        {seq: actions[seq] for seq in pc.unique(table["action"].drop_null()).to_pylist()},
        whole,
    )


def _only_touched(dataset: Dataset, first: int, second: int) -> pa.Array | None:
    """The samples that the actions between two positions name; None when one of them changes samples it does not name, as an
    import or the renaming of a class does."""
    low, high = sorted((first, second))
    with dataset.people.read() as connection:
        known = {action.seq: action for action in log.read_actions(connection, high)}
        origins = set()
        for action in known.values():
            target = action
            while target.undoes is not None:
                target = known[target.undoes]
            if action.seq > low:
                origins.add(target.seq)
        entries = [entry for _, entry in log.read_entries(connection, sorted(origins), EntryKind)] if origins else []
    named = {entry.sample for entry in entries if entry.sample is not None}
    harmless = (
        EntryKind.NOTE, EntryKind.RECIPE, EntryKind.CLASS_ADDED, EntryKind.CLASS_DEFINED, EntryKind.COST, EntryKind.CARD,
        EntryKind.SELECTION, EntryKind.PICKED,
    )  # fmt: skip
    if any(entry.sample is None and entry.kind not in harmless for entry in entries):
        return None
    return pa.array(sorted(named), pa.binary(16))


def _compare(before: QueryTable, after: QueryTable) -> pa.Table:
    """The samples that differ, with both states."""
    earlier = before.run("SELECT id, label, split, excluded, path, content, part, row FROM samples")
    sides = ", ".join(f"a.{name} AS a_{name}, b.{name} AS b_{name}" for name in ("label", "split", "path"))
    told = ", ".join(
        f"CASE WHEN b.id IS NULL THEN a.{name} ELSE b.{name} END AS now_{name}" for name in ("label", "path")
    )
    contents = ", ".join(f"substr(lower(hex({side}.content)), 1, 12) AS {side}_content" for side in "ab")
    return after.run(
        f"SELECT coalesce(a.id, b.id) AS id, substr(lower(hex(coalesce(a.id, b.id))), 1, {ids.SHOWN}) AS shown, {sides}, {told}, {contents}, "  # noqa: S608  # names are ours
        "a.content IS DISTINCT FROM b.content AS other_content, a.id IS NOT NULL AND NOT a.excluded AS a_in, b.id IS NOT NULL AND NOT b.excluded AS b_in, "
        "a.id IS NOT NULL AS a_is, b.id IS NOT NULL AS b_is, a.part AS a_part, b.part AS b_part FROM earlier a FULL OUTER JOIN samples b ON a.id = b.id "
        "WHERE a.id IS NULL OR b.id IS NULL OR a.excluded <> b.excluded OR a.label IS DISTINCT FROM b.label OR a.split IS DISTINCT FROM b.split "
        "OR a.content IS DISTINCT FROM b.content OR a.path IS DISTINCT FROM b.path ORDER BY b.part, b.row, a.part, a.row",
        beside={"earlier": earlier},
    ).combine_chunks()


def _attributed(
    dataset: Dataset, before: QueryTable, after: QueryTable, changed: pa.Table
) -> tuple[pa.Table, pa.Array]:
    """Every change with the action that made it, and the id of each."""
    blame = Blame(dataset, before.replay, after.replay)
    pieces, places = [pa.Table.from_batches([], SCHEMA)], [np.empty(0, np.int64)]
    whole = one_array(changed["id"], pa.binary(16))
    for kind, rows, old, new in _kinds(changed):
        some = changed.take(pa.array(rows))
        mine = whole.take(pa.array(rows))
        action = blame.actions(kind, mine, old, new, some["a_part"], some["b_part"])
        columns = [
            pa.array([kind] * len(rows)), some["shown"], some["now_path"], some["now_label"], old, new, pa.array(action, mask=action == 0),
        ]  # fmt: skip
        pieces.append(pa.Table.from_arrays(columns, schema=SCHEMA))
        places.append(rows)
    order = np.concatenate(places)
    first = pa.array(np.argsort(order, kind="stable"))  # sample by sample, the kinds of each in their order
    return pa.concat_tables(pieces).take(first).combine_chunks(), whole.take(pa.array(order).take(first))


def _kinds(changed: pa.Table) -> Iterator[tuple[str, NDArray[np.int64], pa.Array, pa.Array]]:
    """Of each kind of change the rows that have it, and what was and is there."""

    def holds(name: str) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = changed[name].to_numpy(zero_copy_only=False).astype(bool)
        return found

    a_is, b_is, a_in, b_in = map(holds, ("a_is", "b_is", "a_in", "b_in"))
    nothing = pa.nulls(changed.num_rows, pa.string())
    both, seen = a_is & b_is, a_in | b_in  # what came or went while excluded is no change
    sides = {
        name: [one_array(changed[f"{side}_{name}"], pa.string()) for side in "ab"]
        for name in ("label", "split", "path", "content")
    }
    differ = {name: ~_same(*sides[name]) for name in ("label", "split", "path")} | {"content": holds("other_content")}
    for kind, mask, (old, new) in (
        ("added", ~both & seen & b_is, (nothing, sides["label"][1])),
        ("removed", ~both & seen & a_is, (sides["label"][0], nothing)),
        ("excluded", both & a_in & ~b_in, (nothing, nothing)),
        ("restored", both & ~a_in & b_in, (nothing, nothing)),
        ("relabelled", both & differ["label"], sides["label"]),
        ("moved split", both & differ["split"], sides["split"]),
        ("moved file", both & differ["path"], sides["path"]),
        ("changed content", both & differ["content"], sides["content"]),
    ):
        rows = np.flatnonzero(mask)
        if len(rows):
            some = pa.array(rows)
            yield kind, rows, old.take(some), new.take(some)


def _same(one: pa.Array, other: pa.Array) -> NDArray[np.bool_]:
    """Also where both are missing."""
    equal = pc.fill_null(pc.equal(one, other), False)
    found: NDArray[np.bool_] = pc.or_(equal, pc.and_(one.is_null(), other.is_null())).to_numpy(zero_copy_only=False)
    return found
