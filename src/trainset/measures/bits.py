"""Depth of a recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainset.contracts import measure


@measure("Bits", unit="bits", medium="audio")
def bits(facts: Mapping[str, Any]) -> int | None:
    """Bits per sample value as stored; None for compressed formats that have none."""
    return int(facts["bits"]) if facts.get("bits") else None
