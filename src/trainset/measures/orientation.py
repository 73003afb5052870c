"""What the camera said about which way is up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainset.contracts import measure


@measure("Orientation", unit="EXIF 1..8", medium="image")
def orientation(facts: Mapping[str, Any]) -> int | None:
    """The EXIF orientation of the file; None when it tells none. 1 is upright; others are turned for viewing, and for every measure."""
    return int(facts["orientation"]) if "orientation" in facts else None
