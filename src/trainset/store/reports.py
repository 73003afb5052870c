"""What outsiders reported of samples: rows of people.db, only ever inserted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

import pyarrow as pa
from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from trainset.errors import DamagedDataset
from trainset.store.dataset import Dataset
from trainset.store.log import now
from trainset.store.tables import reports

NAMES = ("reported_label", "reported_by", "reported_why")
"""The columns of samples that reports make."""


@dataclass(frozen=True)
class Report:
    """What somebody said of a sample (16 bytes): the label that it should have, empty for none said, and why."""

    sample: bytes
    label: str
    text: str
    reporter: str


def add(dataset: Dataset, given: Sequence[Report], person: str, list_: str) -> int:
    """Keeps reports that are not there yet; returns how many those are."""
    at = now().astimezone(UTC).isoformat(timespec="microseconds")
    rows = [
        {
            "at": at, "person": person, "reporter": one.reporter, "sample": one.sample, "label": one.label or None,
            "text": one.text, "list": list_, "key": _key(one),
        }
        for one in given
    ]  # fmt: skip

    def write(connection: Connection) -> int:
        return sum(connection.execute(insert(reports).values(row).on_conflict_do_nothing()).rowcount for row in rows)

    return dataset.people.write(write) if rows else 0


def latest(dataset: Dataset) -> pa.Table:
    """`sample` (16 bytes) and `NAMES`: of each sample the latest report. Raises `DamagedDataset`."""
    found: dict[bytes, tuple[str | None, str, str]] = {}
    with dataset.people.read() as connection:
        columns = (reports.c.sample, reports.c.label, reports.c.reporter, reports.c.text)
        for sample, label, reporter, text in connection.execute(select(*columns).order_by(reports.c.seq)):
            sound = isinstance(sample, bytes) and len(sample) == 16 and isinstance(label, str | None)
            if not sound or not isinstance(reporter, str) or not isinstance(text, str):
                raise DamagedDataset(
                    "a report in people.db cannot be", where="people.db", next="restore people.db from a backup"
                )
            found[sample] = (label, reporter, text)
    values = list(zip(*found.values(), strict=True)) or [(), (), ()]
    columns_ = [pa.array(list(found), pa.binary(16)), *(pa.array(some, pa.string()) for some in values)]
    return pa.table(columns_, names=["sample", *NAMES])


def _key(report: Report) -> str:
    said = json.dumps([report.sample.hex(), report.label, report.text, report.reporter])
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
