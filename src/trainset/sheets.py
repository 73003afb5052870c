"""What a page shows: sentences and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table of a page. rows: a value for each of `columns`: a text, a number, yes or no, None for nothing. shares: columns of numbers from 0 to 1,
    shown as per cent. where: for each row the filter that holds for its samples, so that it opens them; empty for none. about: a sentence below the title."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | float | bool | None]]
    shares: Sequence[str] = ()
    where: Sequence[str] = ()
    about: str = ""


@dataclass(frozen=True)
class Sheet:
    """What a page shows: sentences, then tables. All of it is shown as text."""

    says: Sequence[str] = ()
    tables: Sequence[Table] = ()
