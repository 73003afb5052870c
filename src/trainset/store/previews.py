"""Thumbnails and waveforms by content hash, in one file of the cache; delete it and they are made again."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from trainset.errors import DamagedDataset, StorageFull
from trainset.store import sqlite_file
from trainset.store.dataset import Dataset

_NAME = "previews.db"
_LONGEST = 200_000  # bytes: a thumbnail has some 5,000, an outline 480


def put(dataset: Dataset, previews: Iterable[tuple[bytes, bytes]]) -> None:
    """Keeps previews (content hash, bytes). What is there already stays."""
    with _open(dataset) as connection:
        connection.executemany(
            "INSERT OR IGNORE INTO previews VALUES (?, ?)", sorted(previews)
        )  # in the order of the tree
        connection.commit()


def get(dataset: Dataset, contents: Sequence[bytes]) -> dict[bytes, bytes]:
    """The previews of these contents, as far as there are any. They are bytes from disk: decode them like any others."""
    found: dict[bytes, bytes] = {}
    if not dataset.place("cache", _NAME).exists():
        return found
    with _open(dataset) as connection:
        for start in range(0, len(contents), 500):
            some = contents[start : start + 500]
            marks = ",".join("?" * len(some))
            found.update(
                connection.execute(
                    f"SELECT content, preview FROM previews WHERE content IN ({marks}) "  # noqa: S608  # only question marks
                    f"AND typeof(preview) = 'blob' AND length(preview) <= {_LONGEST}",
                    some,
                )
            )
    return found


@contextlib.contextmanager
def _open(dataset: Dataset) -> Iterator[sqlite3.Connection]:
    path = dataset.place("cache", _NAME)
    path.parent.mkdir(exist_ok=True)
    sqlite_file.refuse_traps(path)
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=60)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")  # a cache: after a power cut it is made again
            schema = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            sqlite_file.refuse_code(schema, ("previews", "content", "preview"), path)
            if not schema:
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS previews (content BLOB PRIMARY KEY, preview BLOB NOT NULL) WITHOUT ROWID"
                )
            yield connection
    except sqlite3.DatabaseError as error:
        if "full" in str(error):
            raise StorageFull(
                "the disk is full", where=str(path.parent), got=str(error), next="free some space"
            ) from error
        raise DamagedDataset(
            "the cache of thumbnails cannot be read",
            where=str(path),
            got=str(error),
            next="delete this file: it is a cache",
        ) from error
