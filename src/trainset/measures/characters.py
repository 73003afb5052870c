"""Length of a text."""

from __future__ import annotations

from trainset.contracts import measure


@measure("Characters", unit="characters", medium="text")
def characters(text: str) -> int:
    """Number of Unicode code points."""
    return len(text)
