"""What an import did, in numbers and names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ImportReport:
    """What an import did. `files` and `rows` count outcomes; their sums are the numbers of files and rows seen."""

    source: str
    format: str
    files: Mapping[str, int]
    rows: Mapping[str, int]
    remarks: Mapping[str, int]
    about: tuple[str, ...]
    bad: tuple[Mapping[str, Any], ...]
    bad_count: int
    missing: int
    missing_names: tuple[str, ...]
    duplicates: int
    new_classes: tuple[str, ...]
    proposed_split: bool
    samples: int
    seconds: float
    action: int | None

    @property
    def nothing(self) -> bool:
        """Whether not one sample of the source is in the dataset afterwards."""
        return self.samples == 0 and self.missing == 0

    def _repr_html_(self) -> str:
        from trainset.work.show import table_html

        rows = [
            (kind, outcome, f"{n:,}")
            for kind, counts in (("files", self.files), ("rows", self.rows))
            for outcome, n in counts.items()
        ]
        bad = [(item["name"], item["outcome"], item["reason"]) for item in self.bad[:20]]
        more = table_html(("name", "outcome", "reason"), bad, f"{self.bad_count:,} could not be taken") if bad else ""
        return table_html(("", "outcome", "count"), rows, f"{self.samples:,} samples from {self.source}") + more

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()} | {
            "nothing": self.nothing
        }
