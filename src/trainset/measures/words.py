"""Words of a text."""

from __future__ import annotations

from trainset.contracts import measure


@measure("Words", unit="words", medium="text", less="shorter", more="longer")
def words(text: str) -> int:
    """Number of runs of characters between white space."""
    return len(text.split())
