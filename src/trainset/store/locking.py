"""What entries of locks and of acknowledged alarms say, written and read as what they must be."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from trainset.errors import DamagedDataset
from trainset.model import Acknowledged, Action, Entry, EntryKind, Lock
from trainset.store.tables import entries

_PACKED = 10_000
"""Ids of one entry."""
_DIGEST = re.compile("[0-9a-f]{64}")


def lock_entries(name: str, facts: Mapping[str, Any], listed: Sequence[bytes]) -> Iterator[Entry]:
    """The entries of a lock: what it is, and of one that its position does not tell the ids, ten thousand to an entry."""
    value = json.dumps({**facts, "listed": bool(listed)}, ensure_ascii=False)
    yield Entry(EntryKind.LOCK, subject=name, value=value)
    for start in range(0, len(listed), _PACKED):
        yield Entry(EntryKind.LOCK, subject=name, value=json.dumps({"packed": pack(listed[start : start + _PACKED])}))


def lock(name: str, action: Action, facts: Mapping[str, Any]) -> Lock:
    """A lock as its entry says. Raises `ValueError`, `KeyError`, `TypeError`."""
    position, count, where, digest = facts["position"], facts["samples"], facts["where"], facts["digest"]
    if not _is_count(position) or position >= action.seq or not _is_count(count):
        raise ValueError(f"position {position!r}, samples {count!r}")
    if not isinstance(where, str) or not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise ValueError(f"where {where!r}, digest {digest!r}")
    listed = facts["listed"] is True
    return Lock(name, action.seq, action.at, action.person, action.reason, position, where, count, digest, listed)


def acknowledged_entry(
    name: str, lock: int, kind: str, cause: int | None, samples: Sequence[bytes], says: str
) -> Entry:
    """The entry that ends an alarm; `says` is for those who read the log."""
    facts = {"lock": lock, "alarm": kind, "cause": cause, "says": says, "samples": pack(samples)}
    return Entry(EntryKind.ACKNOWLEDGED, subject=name, value=json.dumps(facts, ensure_ascii=False))


def acknowledged(action: Action, facts: Mapping[str, Any]) -> Acknowledged:
    """An acknowledgement as its entry says. Raises `ValueError`, `KeyError`, `TypeError`."""
    of, kind, cause = facts["lock"], facts["alarm"], facts["cause"]
    if not _is_count(of) or not isinstance(kind, str) or not (cause is None or _is_count(cause)):
        raise ValueError(f"lock {of!r}, alarm {kind!r}, cause {cause!r}")
    samples = frozenset(unpack(facts["samples"]))
    return Acknowledged(action.seq, action.person, action.reason, of, kind, cause, samples)


def listed(connection: Connection, lock: Lock) -> list[bytes]:
    """The ids that a lock keeps. Raises `DamagedDataset`."""
    found: list[bytes] = []
    statement = (
        select(entries.c.value)
        .where(entries.c.seq == lock.seq, entries.c.kind == str(EntryKind.LOCK), entries.c.subject == lock.name)
        .order_by(entries.c.n)
    )
    try:
        for value in connection.execute(statement).scalars():
            facts = json.loads(value or "")
            found += unpack(facts.get("packed", ""))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedDataset(
            f"the samples of the lock {lock.name!r} cannot be read", where=f"action #{lock.seq}", got=repr(error)[:200],
            next="restore people.db from a backup",
        ) from error  # fmt: skip
    return found


def pack(ids: Sequence[bytes]) -> str:
    """Ids of 16 bytes as one text."""
    return base64.b64encode(b"".join(ids)).decode()


def unpack(text: str) -> list[bytes]:
    """The ids in such a text. Raises `ValueError`, `TypeError`."""
    data = base64.b64decode(text, validate=True)
    if len(data) % 16:
        raise ValueError("ids of another length")
    return [data[start : start + 16] for start in range(0, len(data), 16)]


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
