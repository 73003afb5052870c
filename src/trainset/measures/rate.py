"""Sampling rate of a recording."""

from __future__ import annotations

from trainset.contracts import measure


@measure("Sampling rate", unit="Hz", medium="audio")
def rate(rate: int) -> int:
    """Frames per second as stored."""
    return rate
