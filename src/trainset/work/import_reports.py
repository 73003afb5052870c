"""Import reports: what outsiders say is wrong with samples, kept as reports until somebody of one's own has looked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainset.store import reports
from trainset.store.dataset import Dataset
from trainset.store.query import open_table
from trainset.work import label_list
from trainset.work.person import acting

_SHOWN = 20


@dataclass(frozen=True)
class ReportsImported:
    """added: new reports. present: rows that were kept before. refused: row number -> why, the first of `refused_count`.

    columns: what was read from which column.
    """

    added: int
    present: int
    refused: Mapping[int, str]
    refused_count: int
    columns: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return vars(self) | {"refused": [{"row": row, "why": why} for row, why in self.refused.items()]}


def import_reports(
    dataset: Dataset, path: str | os.PathLike[str], *, columns: Mapping[str, str] | None = None, reporter: str = "", person: str = "",
) -> ReportsImported:  # fmt: skip
    """Keeps what a list (CSV, TSV or JSON lines) says of samples: an id, path or text, and a label, a reason, or both.

    No label changes: reports are findings of the check `reported`, the labels in them suggestions. reporter: who says so, where no
    column tells; else the name of the list. The same list twice adds nothing. Raises `BadSource` when it is no such list.
    """
    given = label_list.read(path, columns, needed=("sample",))
    with open_table(dataset, columns=[*label_list.NAMING]) as table:
        found, why = label_list.find(table, [row.sample for row in given.rows], given.columns["sample"])
    name = Path(path).name
    refused = dict(given.refused)
    said = []
    for row, sample, problem in zip(given.rows, found, why, strict=True):
        if sample is None:
            refused[row.number] = problem
        elif not row.label and not row.why:
            refused[row.number] = "it says neither a label nor a reason"
        else:
            said.append(reports.Report(sample, row.label, row.why, row.reporter or reporter or name))
    added = reports.add(dataset, said, acting(person), name)
    shown = {number: refused[number] for number in sorted(refused)[:_SHOWN]}
    return ReportsImported(added, len(said) - added, shown, len(refused), dict(given.columns))
