"""Size of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainset.contracts import measure


@measure("Bytes", unit="bytes")
def bytes(facts: Mapping[str, Any]) -> int:
    """Size of the file, or of the text in UTF-8, in bytes."""
    return int(facts["bytes"])
