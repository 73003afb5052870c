"""Diff: what changed between two versions, who changed it, when and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from trainset.model import Action, EntryKind
from trainset.store import ids, log
from trainset.store.dataset import Dataset
from trainset.store.query import QueryTable
from trainset.store.replay import Replay

KINDS = ("added", "removed", "excluded", "restored", "relabelled", "moved split", "changed content", "moved file")

_FIELDS = {"relabelled": "label", "moved split": "split", "excluded": "excluded", "restored": "excluded"}
_SETS = {
    EntryKind.LABEL: "label",
    EntryKind.SPLIT: "split",
    EntryKind.EXCLUDE: "excluded",
    EntryKind.RESTORE: "excluded",
}

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
    """The changes from position `a` to position `b`: one row of `table` per changed sample and kind (see `SCHEMA`)."""

    a: str
    b: str
    table: pa.Table
    actions: dict[int, Action]

    @property
    def counts(self) -> dict[str, int]:
        """How many samples changed, by kind."""
        found = Counter(self.table["kind"].to_pylist())
        return {kind: found[kind] for kind in KINDS if found[kind]}

    def groups(self) -> list[dict[str, Any]]:
        """The changes grouped by kind, from, to and action, the largest first: what a person reads."""
        columns = ("kind", "before", "after", "action")
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
        rows = _attributed(dataset, before, after, changed)
    with dataset.people.read() as connection:
        actions = {action.seq: action for action in log.read_actions(connection)}
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    return Diff(
        str(a),
        "now" if b is None else str(b),
        table,
        {seq: actions[seq] for seq in set(table["action"].drop_null().to_pylist())},
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
    )  # fmt: skip
    if any(entry.sample is None and entry.kind not in harmless for entry in entries):
        return None
    return pa.array(sorted(named), pa.binary(16))


def _compare(before: QueryTable, after: QueryTable) -> list[dict[str, Any]]:
    """The samples that differ, with both states."""
    earlier = before.run("SELECT id, label, split, excluded, path, content, part, row FROM samples")
    sides = ", ".join(f"a.{name} AS a_{name}, b.{name} AS b_{name}" for name in ("label", "split", "path", "content"))
    found: pa.Table = after.run(
        f"SELECT coalesce(a.id, b.id) AS id, {sides}, a.id IS NOT NULL AND NOT a.excluded AS a_in, b.id IS NOT NULL AND NOT b.excluded AS b_in, "  # noqa: S608  # names are ours
        "a.id IS NOT NULL AS a_is, b.id IS NOT NULL AS b_is, a.part AS a_part, b.part AS b_part FROM earlier a FULL OUTER JOIN samples b ON a.id = b.id "
        "WHERE a.id IS NULL OR b.id IS NULL OR a.excluded <> b.excluded OR a.label IS DISTINCT FROM b.label OR a.split IS DISTINCT FROM b.split "
        "OR a.content IS DISTINCT FROM b.content OR a.path IS DISTINCT FROM b.path ORDER BY b.part, b.row, a.part, a.row",
        beside={"earlier": earlier},
    )
    return list(found.to_pylist())


def _attributed(
    dataset: Dataset, before: QueryTable, after: QueryTable, changed: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    blame = _Blame(dataset, before.replay, after.replay, {row["id"] for row in changed})
    result = []
    for row in changed:
        for kind, old, new in _kinds(row):
            seq = blame.set.get((row["id"], _FIELDS.get(kind, "")))
            if seq is None and kind == "relabelled":
                seq = blame.renamed(old, new)
            if seq is None:
                seq = blame.imported(row["a_part"], row["b_part"])
            label = row["b_label"] if row["b_is"] else row["a_label"]
            path = row["b_path"] if row["b_is"] else row["a_path"]
            result.append(
                {
                    "kind": kind,
                    "id": ids.shown(row["id"]),
                    "path": path,
                    "label": label,
                    "before": old,
                    "after": new,
                    "action": seq,
                }
            )
    return result


def _kinds(row: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    if not row["a_is"] or not row["b_is"]:
        if not (row["a_in"] or row["b_in"]):
            return []  # came or went while excluded
        return [
            ("added" if row["b_is"] else "removed", None, row["b_label"])
            if row["b_is"]
            else ("removed", row["a_label"], None)
        ]
    found: list[tuple[str, str | None, str | None]] = []
    if row["a_in"] != row["b_in"]:
        found.append(("restored" if row["b_in"] else "excluded", None, None))
    for kind, name in (("relabelled", "label"), ("moved split", "split"), ("moved file", "path")):
        if row[f"a_{name}"] != row[f"b_{name}"]:
            found.append((kind, row[f"a_{name}"], row[f"b_{name}"]))
    if row["a_content"] != row["b_content"]:
        found.append(("changed content", row["a_content"].hex()[:12], row["b_content"].hex()[:12]))
    return found


class _Blame:
    """Which action between two positions of the log, whichever is the later, made the one state of a sample the other."""

    def __init__(self, dataset: Dataset, a: Replay, b: Replay, samples: set[bytes]) -> None:
        self.a, self.b = a, b
        self.first, self.last = sorted((a, b), key=lambda replayed: replayed.at)
        known = {action.seq: action for action in self.last.actions}
        self.moved: dict[int, int] = {}  # actions that came to stand, or no longer stand -> what made that so, last
        for action in self.last.actions[len(self.first.actions) :]:
            target = action
            while target.undoes is not None:
                target = known[target.undoes]
            self.moved[target.seq] = action.seq
        self.set: dict[tuple[bytes, str], int] = {}
        then, now = (self._settings(dataset, replayed, samples) for replayed in (self.first, self.last))
        for key in then.keys() | now.keys():
            old, new = then.get(key, 0), now.get(key, 0)
            if new > old:
                self.set[key] = self.moved[new]
            elif old > new:  # it was taken back, and what counted before counts again
                self.set[key] = max(self.moved[old], self.moved.get(new, 0))

    def renamed(self, a_label: str | None, b_label: str | None) -> int | None:
        """The rename or merge by which a label follows its class, or the undo that took one back."""
        earlier, later = (a_label, b_label) if self.a is self.first else (b_label, a_label)
        for there, other, name, end in (
            (self.last, self.first, earlier, later),
            (self.first, self.last, later, earlier),
        ):
            standing, found = {rename.seq for rename in other.renames}, None
            for rename in there.renames:
                if rename.old == name and rename.seq not in standing:
                    name, found = rename.new, self.moved.get(rename.seq)
            if found is not None and name == end:
                return found
        return None

    def imported(self, a_part: int | None, b_part: int | None) -> int | None:
        """The import by which the source speaks differently, or the undo that took one back."""
        sides = [(self.b, b_part), (self.a, a_part)]
        for replayed, part in sides if self.b is self.last else sides[::-1]:  # the later state first
            if part is not None and replayed.parts[part].seq in self.moved:
                return self.moved[replayed.parts[part].seq]
        return None

    def _settings(self, dataset: Dataset, replayed: Replay, samples: set[bytes]) -> dict[tuple[bytes, str], int]:
        """The action that set each field, of those whose standing differs between the two."""
        mine = [seq for seq in replayed.standing if seq in self.moved]
        with dataset.people.read() as connection:
            found = log.read_entries(connection, mine, _SETS)
            return {(e.sample, _SETS[e.kind]): seq for seq, e in found if e.sample is not None and e.sample in samples}
