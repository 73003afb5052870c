"""Further names of splits that a source uses, such as `holdout` for test: checked, and kept with the source."""

from __future__ import annotations

import json
from collections.abc import Mapping

from trainset.errors import BadValue
from trainset.model import SPLITS

SETTING = "map_split"
"""The name under which they stand among the settings of a source."""


def check(split_names: Mapping[str, str]) -> None:
    """Raises `BadValue` for a name that would stand for no split."""
    for theirs, ours in split_names.items():
        if ours not in SPLITS:
            raise BadValue(
                "there is no such split", where=f"{theirs}={ours}", expected=", ".join(SPLITS), got=repr(ours)
            )


def to_text(split_names: Mapping[str, str]) -> str:
    """As the log keeps them."""
    return json.dumps(dict(split_names), ensure_ascii=False)


def from_text(text: object) -> dict[str, str]:
    """What `to_text` was given; nothing when it is something else."""
    try:
        found = json.loads(text) if isinstance(text, str) and text else {}
    except (ValueError, RecursionError):
        return {}
    return {str(name): value for name, value in found.items() if value in SPLITS} if isinstance(found, dict) else {}
