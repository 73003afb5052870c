"""What rows of people.db must be, whoever wrote them: SQLite itself keeps any value in any column."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

from trainset.errors import DamagedDataset
from trainset.model import Action, EntryKind, Version

_FIRST, _LAST = (
    datetime(1900, 1, 1, tzinfo=UTC),
    datetime(9000, 1, 1, tzinfo=UTC),
)  # any time zone can show what is between
_DIGEST = re.compile("[0-9a-f]{64}")
_KINDS = ", ".join(f"'{kind}'" for kind in EntryKind)
_ODD_ENTRY = text(
    f"SELECT seq, kind FROM entries WHERE kind NOT IN ({_KINDS}) OR typeof(kind) <> 'text' "  # noqa: S608  # our own names
    "OR typeof(subject) NOT IN ('text', 'null') OR typeof(value) NOT IN ('text', 'null') "
    "OR typeof(sample) NOT IN ('blob', 'null') OR length(sample) <> 16 LIMIT 1"
)


def action(row: Any, earlier: Collection[int], undone: Collection[int]) -> Action:
    """A row of `actions` after those at the positions `earlier`. Raises `DamagedDataset`.

    An undo names an earlier action, so that following undos always ends.
    """
    try:
        _require(row.seq >= 1 and (row.undoes is None or row.undoes in earlier))
        _require(all(isinstance(value, str) for value in (row.person, row.verb, row.reason)))
        _require(isinstance(row.entries, int))
        return Action(
            row.seq, moment(row.at), row.person, row.verb, row.reason, row.entries, row.undoes, row.seq in undone
        )
    except (ValueError, TypeError, OverflowError) as error:
        raise _damaged(f"action #{row.seq}", row) from error


def version(row: Any) -> Version:
    """A row of `versions`. Raises `DamagedDataset`."""
    try:
        _require(all(isinstance(value, str) for value in (row.name, row.person, row.message)))
        _require(_DIGEST.fullmatch(row.digest) is not None)
        _require(isinstance(row.seq, int) and row.seq >= 0 and isinstance(row.samples, int))
        return Version(
            row.name, row.seq, moment(row.at), row.person, row.message, row.digest, row.samples, row.keeps_media
        )
    except (ValueError, TypeError, OverflowError) as error:
        raise _damaged(f"version {str(row.name)[:60]!r}", row) from error


def check_entries(connection: Connection) -> None:
    """Raises `DamagedDataset` when an entry is of an unknown kind, or a value in it of the wrong one."""
    odd = connection.execute(_ODD_ENTRY).first()
    if odd is not None:
        raise DamagedDataset(
            f"an entry of action #{odd.seq} is of no known kind, or a value in it is",
            where="people.db", expected=", ".join(EntryKind), got=repr(odd.kind)[:80], next=_NEXT,
        )  # fmt: skip


_NEXT = "restore people.db from a backup, or pip install --upgrade trainset if a newer one wrote it"


def moment(value: str) -> datetime:
    """A time as the log keeps it. Raises `ValueError`, `TypeError`."""
    found = datetime.fromisoformat(value)
    _require(found.tzinfo is not None and _FIRST < found < _LAST)
    return found


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError("out of range")


def _damaged(what: str, row: Any) -> DamagedDataset:
    return DamagedDataset(f"{what} in people.db cannot be", where="people.db", got=repr(tuple(row))[:200], next=_NEXT)
