"""Channels of a picture or recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainset.contracts import measure


@measure("Channels", unit="channels")
def channels(facts: Mapping[str, Any]) -> int | None:
    """Number of channels as stored: 1 for grey or mono, 3 for colour, 4 with transparency. None for texts."""
    return int(facts["channels"]) if "channels" in facts else None
