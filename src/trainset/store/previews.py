"""Thumbnails and waveforms by content hash, in one file of the cache; delete it and they are made again."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

from trainset.errors import DamagedDataset, StorageFull, TrainsetError
from trainset.store import sqlite_file
from trainset.store.dataset import Dataset

_NAME = "previews.db"
_TOGETHER = 4 * 2**20  # bytes written as one transaction
_LONGEST = 200_000  # bytes: a thumbnail has some 5,000, an outline 480


class Writer:
    """Keeps previews while an import runs, in a thread of its own: no decoder waits for them. Use it in a `with`."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="trainset-previews")
        self._files = contextlib.ExitStack()
        self._connection: sqlite3.Connection | None = None
        self._held: list[tuple[bytes, bytes]] = []
        self._bytes = 0
        self._waiting: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        with self._thread:
            try:
                self._wait()
            finally:
                self._thread.submit(self._files.close).result()

    def put(self, previews: Sequence[tuple[bytes, bytes]]) -> None:
        """Takes previews (content hash, bytes). What is there already stays. Raises `StorageFull` and `DamagedDataset`, also
        for what it was given before."""
        self._held += previews
        self._bytes += sum(len(preview) for _, preview in previews)
        if self._bytes >= _TOGETHER:
            self.flush()

    def flush(self) -> None:
        """Hands on what was taken; what was handed on before is there."""
        self._wait()
        if self._held:
            self._waiting = self._thread.submit(self._write, self._held)
            self._held, self._bytes = [], 0

    def _wait(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.result()

    def _write(self, previews: list[tuple[bytes, bytes]]) -> None:
        try:
            if self._connection is None:
                self._connection = self._files.enter_context(_open(self._dataset))
            # rows lie in the order they come; only their index, a small part of the file, is sorted by content
            self._connection.executemany("INSERT OR IGNORE INTO previews VALUES (?, ?)", previews)
            self._connection.commit()
        except sqlite3.DatabaseError as error:
            raise _clear(error, self._dataset.place("cache", _NAME)) from error


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
            connection.execute("PRAGMA cache_size = -16000")
            schema = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            sqlite_file.refuse_code(schema, ("previews", "content", "preview"), path)
            if not schema:
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS previews (content BLOB PRIMARY KEY, preview BLOB NOT NULL)"
                )
            yield connection
    except sqlite3.DatabaseError as error:
        raise _clear(error, path) from error


def _clear(error: sqlite3.DatabaseError, path: Path) -> TrainsetError:
    if "full" in str(error):
        return StorageFull("the disk is full", where=str(path.parent), got=str(error), next="free some space")
    return DamagedDataset(
        "the cache of thumbnails cannot be read",
        where=str(path),
        got=str(error),
        next="delete this file: it is a cache",
    )
