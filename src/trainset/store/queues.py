"""Queues at rest: which samples people were to look at, in which order, why, and what was expected of it; rows of people.db."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, insert, select

from trainset.errors import DamagedDataset, UnknownName
from trainset.store import log
from trainset.store.dataset import Dataset
from trainset.store.rows import moment
from trainset.store.tables import queued, queues

ROWS = pa.schema(
    [
        ("sample", pa.binary(16)), ("label", pa.string()), ("suggested", pa.string()), ("confidence", pa.float64()),
        ("chance", pa.float64()),
    ]
)  # fmt: skip
"""The samples of a queue in their order: the label when it was made; what a model suggests, and how sure it is; the chance that the
label is wrong, NaN for not known."""


@dataclass(frozen=True)
class Queue:
    """An ordered list of samples for people to look at.

    queue: its number. order: by what it is ordered; purpose: what that is for. run: what judged the samples; hash: of that run's
    recipe; empty for none. at: the position of the log; version: its name there. where, check: what it was chosen from. of: how many
    samples it could choose from. samples: how many it has. expected: what was expected of it: `error_rate`, of the labels in it;
    `low` and `high`, the ends of its interval; `gain` in accuracy, 0.01 = one point, and `blends`, that of each blend that was tried.
    remarks: what to know of it.
    """

    queue: int
    made: str
    person: str
    order: str
    purpose: str
    run: str
    hash: str
    at: int
    version: str
    where: str
    check: str
    seed: int
    of: int
    samples: int
    expected: Mapping[str, Any]
    remarks: tuple[str, ...]


_STORED = ("order", "purpose", "run", "hash", "at", "version", "where", "check", "seed", "of", "samples", "expected", "remarks")  # fmt: skip
_TEXTS = ("order", "purpose", "run", "hash", "version", "where", "check")
_COUNTS = ("at", "of", "samples")
EXPECTED = ("error_rate", "low", "high", "gain")
"""What may be expected of a queue, each a number or None."""


def write(dataset: Dataset, facts: Mapping[str, Any], rows: pa.Table, person: str, key: str | None = None) -> Queue:
    """Keeps a queue under the next number. facts: the fields of `Queue` that are not its number, maker and time; rows: `ROWS`.
    `key`: the same key twice is one queue."""
    text = json.dumps(facts)
    at = log.now().astimezone(UTC).isoformat(timespec="microseconds")
    columns = [rows.column(name).to_pylist() for name in ROWS.names]

    def insert_all(connection: Connection) -> int:
        if key is not None:
            known = connection.execute(select(queues.c.number).where(queues.c.key == key)).scalar()
            if known is not None:
                return int(known)
        made = connection.execute(
            insert(queues), {"at": at, "person": person, "facts": text, "key": key}
        ).inserted_primary_key
        if made is None:
            raise AssertionError("an insert without a key")
        number = int(made[0])
        values = (
            (number, n, sample, label, suggested, _decimal(confidence), _decimal(chance))
            for n, (sample, label, suggested, confidence, chance) in enumerate(zip(*columns, strict=True), 1)
        )
        connection.exec_driver_sql(
            "INSERT INTO queued (queue, n, sample, label, suggested, confidence, chance) VALUES (?, ?, ?, ?, ?, ?, ?)",
            list(values),
        )
        return number

    return named(dataset, dataset.people.write(insert_all))


def listed(dataset: Dataset) -> list[Queue]:
    """All queues, the oldest first. Raises `DamagedDataset` for one that is not what it must be."""
    with dataset.people.read() as connection:
        return [_sound(row) for row in connection.execute(select(queues).order_by(queues.c.number))]


def named(dataset: Dataset, number: int | None = None) -> Queue:
    """The queue of this number; None: the latest. Raises `UnknownName`, `DamagedDataset`."""
    known = listed(dataset)
    for queue in reversed(known):
        if number is None or queue.queue == number:
            return queue
    raise UnknownName(
        "there is no queue yet" if number is None else f"there is no queue {number}",
        expected=f"1 to {known[-1].queue}" if known else "", next="trainset queue makes one, trainset queues lists them",
    )  # fmt: skip


def rows(dataset: Dataset, queue: Queue) -> pa.Table:
    """The samples of a queue (`ROWS`). Raises `DamagedDataset` for values that cannot be."""
    columns = (queued.c.sample, queued.c.label, queued.c.suggested, queued.c.confidence, queued.c.chance)
    with dataset.people.read() as connection:
        found = connection.execute(select(*columns).where(queued.c.queue == queue.queue).order_by(queued.c.n)).all()
    samples, labels, suggested, confidences, chances = zip(*found, strict=True) if found else ((),) * 5
    try:
        if not all(isinstance(sample, bytes) and len(sample) == 16 for sample in samples):
            raise ValueError("a sample's id has 16 bytes")
        if len({*samples}) < len(samples) or len(samples) != queue.samples:
            raise ValueError("a sample is in it twice, or is missing")
        if not all(isinstance(text, str | None) for text in (*labels, *suggested)):
            raise ValueError("a label is no text")
        arrays = [
            pa.array(samples, pa.binary(16)), pa.array(labels, pa.string()), pa.array(suggested, pa.string()),
            *(pa.array([_share(value) for value in some], pa.float64()) for some in (confidences, chances)),
        ]  # fmt: skip
    except (ValueError, TypeError) as error:
        raise _damaged(queue.queue, error) from None
    return pa.table(arrays, schema=ROWS)


def _decimal(value: float | None) -> str | None:
    return None if value is None or not math.isfinite(value) else f"{value:.6f}"


def _share(text: object) -> float | None:
    if text is None:
        return None
    if not isinstance(text, str) or not 0 <= float(text) <= 1.001:
        raise ValueError("a probability is none")
    return float(text)


def _sound(row: Any) -> Queue:
    try:
        facts = json.loads(row.facts)
        if type(row.number) is not int or not isinstance(row.person, str) or {*facts} != {*_STORED}:
            raise ValueError("it is not what a queue must be")
        moment(row.at)
        texts = [*(facts[name] for name in _TEXTS), *facts["remarks"]]
        if not all(isinstance(text, str) for text in texts) or not isinstance(facts["remarks"], list):
            raise ValueError("a text is none")
        if any(type(facts[name]) is not int or not 0 <= facts[name] < 2**53 for name in _COUNTS):
            raise ValueError("a count is none")
        if type(facts["seed"]) is not int:
            raise ValueError("its seed is no number")
        _check_expected(facts["expected"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise _damaged(row.number, error) from None
    return Queue(
        queue=row.number,
        made=row.at[:19] + "+00:00",
        person=row.person,
        **{**facts, "remarks": tuple(facts["remarks"])},
    )


def _check_expected(expected: Any) -> None:
    if {*expected} != {*EXPECTED, "blends"} or not isinstance(expected["blends"], dict):
        raise ValueError("what was expected is not what it must be")
    numbers: Sequence[object] = [*(expected[name] for name in EXPECTED), *expected["blends"].values()]
    for value in numbers:
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1
        ):
            raise ValueError("what was expected is out of range")


def _damaged(number: object, error: Exception) -> DamagedDataset:
    return DamagedDataset(
        f"queue {str(number)[:20]} in people.db cannot be", where="people.db", got=str(error)[:200],
        next="restore people.db from a backup",
    )  # fmt: skip
