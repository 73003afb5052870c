"""Outcomes that are remembered, and short ways to read and write one list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from trainset import registry
from trainset.contracts import Losses
from trainset.model import Outcome
from trainset.store.schema import CANDIDATES, EXPORTED


@dataclass
class Remembered:
    """files: path -> (outcome, reason, remarks). rows: row -> (outcome, reason)."""

    files: dict[str, tuple[Outcome, str, tuple[str, ...]]] = field(default_factory=dict)
    rows: dict[int, tuple[Outcome, str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    members: int = 0

    def done(self, more: int) -> None:
        self.members += more

    def file(self, path: str, outcome: Outcome, reason: str = "", remarks: Sequence[str] = ()) -> None:
        assert path not in self.files, "a file has one outcome"
        self.files[path] = (outcome, reason, tuple(remarks))

    def row(self, list_name: str, row: int, outcome: Outcome, reason: str = "", remarks: Sequence[str] = ()) -> None:
        assert row not in self.rows, "a row has one outcome"
        self.rows[row] = (outcome, reason)

    def remark(self, text: str) -> None:
        self.remarks.append(text)


@dataclass
class Read:
    """What a format made of one file."""

    samples: list[dict[str, Any]]
    outcomes: Remembered
    batches: int

    @property
    def outcome(self) -> Outcome:
        return next(iter(self.outcomes.files.values()))[0]

    @property
    def reason(self) -> str:
        return next(iter(self.outcomes.files.values()))[1]

    @property
    def remarks(self) -> tuple[str, ...]:
        return next(iter(self.outcomes.files.values()))[2]

    def column(self, name: str) -> list[Any]:
        return [sample[name] for sample in self.samples]


def read(path: Path, **settings: Any) -> Read:
    """Reads a file with the format of its suffix, and checks what every reader owes."""
    plugins = registry.plugins("format").values()
    plugin = next(p for p in plugins if path.suffix in p.facts["suffixes"])
    outcomes = Remembered()
    batches = list(plugin.target().read(path, outcomes, **settings))
    assert len(outcomes.files) == 1
    for batch in batches:
        assert batch.schema.equals(CANDIDATES)
        assert 0 < batch.num_rows <= 10_000
        batch.validate(full=True)
    samples = [sample for batch in batches for sample in batch.to_pylist()]
    rows = [sample["row"] for sample in samples]
    assert rows == sorted(set(rows) - outcomes.rows.keys()), "every row is a sample or has an outcome"
    return Read(samples, outcomes, len(batches))


def read_text(folder: Path, name: str, content: str | bytes, **settings: Any) -> Read:
    """The same for content written out in a test."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(folder / name, **settings)


def exported(rows: Iterable[dict[str, Any]], batch: int = 2) -> list[pa.RecordBatch]:
    """Samples as a format is handed them; ids are counted."""
    rows = [{"id": f"{number:032x}", **row} for number, row in enumerate(rows, 1)]
    return [pa.RecordBatch.from_pylist(rows[start : start + batch], EXPORTED) for start in range(0, len(rows), batch)]


def write(format_name: str, rows: Iterable[dict[str, Any]], target: Path, **settings: Any) -> Losses:
    losses: Losses = registry.plugin("format", format_name).target().write(iter(exported(rows)), target, **settings)
    return losses
