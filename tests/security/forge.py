"""Datasets as a stranger would hand them over: made by the product, then changed behind its back."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from trainset.store.schema import SAMPLES


@contextlib.contextmanager
def database(folder: Path, *, guarded: bool = False) -> Iterator[sqlite3.Connection]:
    """people.db, without its guards unless `guarded`; they are there again afterwards."""
    with contextlib.closing(sqlite3.connect(folder / "people.db")) as connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards if not guarded else []:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for _, sql in guards if not guarded else []:
            connection.execute(sql)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def source(folder: Path, **facts: object) -> None:
    """Changes what the log says of the source."""
    with database(folder) as connection:
        (old,) = connection.execute("SELECT value FROM entries WHERE kind = 'source'").fetchone()
        new = json.dumps({**json.loads(old), **facts})
        connection.execute("UPDATE entries SET value = ? WHERE kind = 'source'", [new])


def action(folder: Path, seq: int, undoes: int | None = None, entries: int = 0, **columns: object) -> None:
    """Adds an action to the log."""
    row: dict[str, object] = {
        "seq": seq, "at": "2026-01-01T00:00:00.000000+00:00", "person": "eve", "verb": "label", "reason": "", "entries": entries,
        "undoes": undoes, **columns,
    }  # fmt: skip
    _insert(folder, "actions", row)


def entry(folder: Path, seq: int, kind: object, n: int = 0, **columns: object) -> None:
    """Adds an entry to an action."""
    _insert(
        folder, "entries", {"seq": seq, "n": n, "kind": kind, "sample": None, "subject": None, "value": None, **columns}
    )


def version(folder: Path, **columns: object) -> None:
    """Adds a version."""
    row = {
        "name": "v0", "seq": 1, "at": "2026-01-01T00:00:00.000000+00:00", "person": "eve", "message": "", "digest": "0" * 64,
        "samples": 1, "keeps_media": 0, **columns,
    }  # fmt: skip
    _insert(folder, "versions", row)


def part(folder: Path) -> Path:
    """The only part of samples/."""
    (found,) = (folder / "samples").glob("*.parquet")
    return found


def rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of the part."""
    return list(pq.read_table(part(folder)).to_pylist())


def rewrite(folder: Path, **columns: Any) -> None:
    """Gives every sample of the part these values: one for all, or a list with one each."""
    found = rows(folder)
    for name, value in columns.items():
        values = value if isinstance(value, list) and len(value) == len(found) else [value] * len(found)
        for row, one in zip(found, values, strict=True):
            row[name] = one
    pq.write_table(pa.Table.from_pylist(found, SAMPLES), part(folder))


def insides(folder: Path) -> Mapping[str, bytes | None]:
    """Everything below a folder by name, with its bytes: what must not change."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() and not path.is_symlink() else None
        for path in sorted(folder.rglob("*"))
    }


def _insert(folder: Path, table: str, row: Mapping[str, object]) -> None:
    with database(folder, guarded=True) as connection:
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
