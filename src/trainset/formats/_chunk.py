"""A piece of a table: the rows that can be read, and the faults of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

CELLS = 1_000_000
"""Cells in a chunk, at most: a wide table comes in chunks of few rows."""

CHARACTERS = 16_000_000
"""Characters after which a chunk is closed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be read. row: from 1. why: goes on after "row 3 "."""

    row: int
    why: str


@dataclass(slots=True)
class Chunk:
    """first: the number of its first row, from 1. rows: the good ones. remarks: by row number. blank: lines skipped.
    converted: labels that were numbers or truth values."""

    first: int
    rows: list[Any] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    remarks: dict[int, list[str]] = field(default_factory=dict)
    blank: int = 0
    converted: int = 0

    @property
    def size(self) -> int:
        """Rows, bad ones included."""
        return len(self.rows) + len(self.faults)

    @property
    def end(self) -> int:
        """The number of the row after the last."""
        return self.first + self.size

    def numbers(self) -> list[int]:
        """The row numbers of `rows`."""
        bad = {fault.row for fault in self.faults}
        return [row for row in range(self.first, self.end) if row not in bad]


class Rows(Protocol):
    """What a reader of rows offers to a table. columns and remarks are complete after one pass."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def remarks(self) -> tuple[str, ...]: ...
    def use(self, mapped: Mapping[str, str]) -> None: ...
    def chunks(self) -> Iterator[Chunk]: ...
    def values(self, chunk: Chunk, column: str) -> list[str | None]: ...
    def meta(self, chunk: Chunk, fields: Mapping[str, str]) -> pa.Array | None: ...
