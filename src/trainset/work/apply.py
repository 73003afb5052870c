"""Apply: the labels of a reviewed list become those of its samples, as one action."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainset.model import Entry, EntryKind
from trainset.store import log
from trainset.store.dataset import Dataset
from trainset.store.query import open_table
from trainset.store.replay import replay
from trainset.work import label_list
from trainset.work.fix import check_class_name
from trainset.work.person import acting

_SHOWN = 20


@dataclass(frozen=True)
class Applied:
    """What became of the rows of a list. action: None when no label changed. unanswered: rows without a label, which change nothing.

    refused: row number -> why, the first of `refused_count`. columns: what was read from which column.
    """

    action: int | None
    changed: int
    unchanged: int
    unanswered: int
    refused: Mapping[int, str]
    refused_count: int
    new_classes: tuple[str, ...]
    columns: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return vars(self) | {
            "refused": [{"row": row, "why": why} for row, why in self.refused.items()],
            "new_classes": [*self.new_classes],
        }


def apply(
    dataset: Dataset, path: str | os.PathLike[str], *, columns: Mapping[str, str] | None = None, new_class: bool = False,
    reason: str = "", person: str = "", key: str | None = None,
) -> Applied:  # fmt: skip
    """Gives the samples that a reviewed list names the labels that it says (CSV, TSV or JSON lines; an id, path or text and a label).

    A row that names no sample, several, one of another row with another label, or a class that does not exist (unless `new_class`
    adds it) is refused with the reason and changes nothing; so is one that cannot be read. columns: `sample` and `label` -> the
    column to read them from. Raises `BadSource` when it is no such list.
    """
    given = label_list.read(path, columns)
    classes = replay(dataset).classes
    with open_table(dataset, columns=[*label_list.NAMING, "label"]) as table:
        found, why = label_list.find(table, [row.sample for row in given.rows], given.columns["sample"])
        rows = table.run("SELECT id, label FROM samples")
    now = dict(zip(rows["id"].to_pylist(), rows["label"].to_pylist(), strict=True))
    refused = dict(given.refused)
    said: dict[bytes, label_list.Row] = {}
    unanswered = 0
    for row, sample, problem in zip(given.rows, found, why, strict=True):
        if sample is None:
            refused[row.number] = problem
        elif not row.label:
            unanswered += 1
        elif row.label not in classes and not new_class:
            refused[row.number] = f"there is no class {row.label!r}"
        elif sample in said and said[sample].label != row.label:
            refused[row.number] = (
                f"row {said[sample].number:,} says {said[sample].label!r} of the same sample, and counts"
            )
        else:
            said.setdefault(sample, row)
    changes = {sample: row for sample, row in said.items() if now[sample] != row.label}
    new = sorted({row.label for row in changes.values()} - classes.keys())
    entries = [Entry(EntryKind.CLASS_ADDED, subject=check_class_name(name)) for name in new]
    entries += [Entry(EntryKind.LABEL, sample=sample, value=row.label) for sample, row in changes.items()]
    reason = reason or f"reviewed in {Path(path).name}"
    seq = log.append(dataset, "apply", acting(person), reason, entries, key=key)
    shown = {number: refused[number] for number in sorted(refused)[:_SHOWN]}
    return Applied(
        seq, len(changes), len(said) - len(changes), unanswered, shown, len(refused), tuple(new), dict(given.columns)
    )
