"""The one exception of this room: why a file could not be decoded."""

from __future__ import annotations

from trainset.model import Outcome


class Undecodable(Exception):
    """A file that yields no sample. `reason` is one sentence for a person; it never quotes the file or a library."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(outcome, reason)
        self.outcome, self.reason = outcome, reason

    def __str__(self) -> str:
        return f"{self.outcome}: {self.reason}"
