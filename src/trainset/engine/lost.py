"""A row that cost a worker process its life, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["crashed", "hung", "out of memory"]


@dataclass(frozen=True)
class Lost:
    """Why there is no answer for one row. reason: a sentence for the outcome of its file."""

    kind: Kind
    reason: str
