"""Who acts: the name that the log keeps."""

from __future__ import annotations

import getpass
import os

from trainset.errors import BadValue


def acting(name: str = "") -> str:
    """The name given, else `$TRAINSET_PERSON`, else the name of the account. Raises `BadValue` when it cannot be printed."""
    try:
        found = name or os.environ.get("TRAINSET_PERSON") or getpass.getuser()
    except (OSError, KeyError):
        found = "someone"
    if not found.isprintable() or len(found) > 200:
        raise BadValue(
            "this cannot be a person's name", got=repr(found[:200]), expected="up to 200 printable characters"
        )
    return found
