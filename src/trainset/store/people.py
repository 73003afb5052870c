"""people.db: one connection in one thread writes, everyone reads; what was acknowledged is on disk."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc
from sqlalchemy.pool import NullPool, StaticPool

from trainset.errors import DamagedDataset, StorageFull
from trainset.store import durable, sqlite_file
from trainset.store.tables import APPLICATION_ID, SCHEMA, metadata

T = TypeVar("T")

BUSY_SECONDS = 60
"""How long a writer waits for another process's transaction, which holds no decoding and no training."""


class People:
    """The database of one dataset. Close it when done; `read` and `write` are safe from any thread."""

    def __init__(self, path: Path) -> None:
        """Opens an existing file, bringing an older schema up to date. Raises `DamagedDataset` when it is not ours."""
        self._path = path
        _check(path)
        self._reader = _engine(path, "BEGIN", NullPool)
        self._queue: queue.SimpleQueue[tuple[Callable[[Connection], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection on which every statement sees one and the same position of the log.

        Raises `DamagedDataset` when rows cannot be read.
        """
        try:
            with self._reader.connect() as connection, connection.begin():
                connection.exec_driver_sql("PRAGMA query_only = ON")
                yield connection
        except exc.DatabaseError as error:
            raise _clear(error, self._path) from error

    def write(self, change: Callable[[Connection], T]) -> T:
        """Runs `change` in the writing thread and returns once its rows are on disk.

        Changes that wait together are committed together; one that raises is rolled back alone.
        """
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="trainset-writer", daemon=True)
                self._thread.start()
        future: Future[T] = Future()
        self._queue.put((change, future))
        return future.result()

    def close(self) -> None:
        """Ends the writing thread after what it was given."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
        self._reader.dispose()

    def _serve(self) -> None:
        engine = _engine(self._path, "BEGIN IMMEDIATE", StaticPool)
        try:
            while (first := self._queue.get()) is not None:
                waiting = [first]
                with contextlib.suppress(queue.Empty):
                    while (more := self._queue.get_nowait()) is not None:
                        waiting.append(more)
                    self._queue.put(None)  # the sign to stop came while gathering: keep it for the loop
                self._commit(engine, waiting)
        finally:
            engine.dispose()

    def _commit(self, engine: Engine, waiting: list[tuple[Callable[[Connection], Any], Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            with engine.begin() as connection:
                for change, future in waiting:
                    try:
                        with connection.begin_nested():
                            done.append((future, change(connection)))
                    except exc.OperationalError:
                        raise  # the disk or the file: it concerns them all
                    except BaseException as error:  # noqa: BLE001  # handed to the caller that waits for it
                        future.set_exception(_clear(error, self._path))
        except BaseException as error:  # noqa: BLE001  # nothing was committed: every caller still waiting must hear it
            for _, future in waiting:
                if not future.done():
                    future.set_exception(_clear(error, self._path))
            return
        for future, result in done:
            future.set_result(result)


def create(path: Path) -> None:
    """Makes a complete database under a temporary name and gives it its name, unless another process was first."""
    temporary = path.with_name(f".{uuid4().hex}{durable.TEMPORARY}")
    try:
        with durable.storage_full_is_clear(path):
            engine = _engine(temporary, "BEGIN IMMEDIATE", NullPool, journal="DELETE")
            try:
                with engine.begin() as connection:  # one transaction: a file is ours whole, or is not there
                    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
                    _migrate(connection)
                    connection.exec_driver_sql("INSERT INTO about VALUES ('id', ?)", (uuid4().hex,))
            except exc.OperationalError as error:
                raise _clear(error, path) from error
            finally:
                engine.dispose()
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
            durable.sync_folder(path.parent)
    finally:
        for leftover in path.parent.glob(temporary.name + "*"):
            leftover.unlink(missing_ok=True)


def _check(path: Path) -> None:
    sqlite_file.refuse_traps(path)
    engine = _engine(path, "BEGIN", NullPool)
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA application_id").scalar()
            version = connection.exec_driver_sql("PRAGMA user_version").scalar() or 0
            schema = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master").all()
    except exc.DatabaseError as error:
        if isinstance(clear := _clear(error, path), StorageFull):
            raise clear from error
        raise _unreadable(error, path) from error
    finally:
        engine.dispose()
    if found != APPLICATION_ID:
        raise DamagedDataset("people.db was not made by trainset", where=str(path), got=f"application id {found}")
    if version > SCHEMA:
        raise DamagedDataset(
            "this dataset was made by a newer trainset", where=str(path), expected=f"schema {SCHEMA} or older",
            got=f"schema {version}", next="pip install --upgrade trainset",
        )  # fmt: skip
    sqlite_file.refuse_code([(kind, name, sql) for kind, name, sql in schema], _NAMES, path)
    if version < SCHEMA:
        engine = _engine(path, "BEGIN IMMEDIATE", NullPool)
        try:
            with engine.begin() as connection:
                _migrate(connection)
        except exc.DatabaseError as error:
            raise _clear(error, path) from error
        finally:
            engine.dispose()


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DamagedDataset(
            "people.db is of no known schema", got=str(error), next="restore it from a backup"
        ) from error


def _engine(path: Path, begin: str, pool: type[Any], journal: str = "WAL") -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=pool,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
        for pragma in ("trusted_schema = OFF", f"journal_mode = {journal}", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


_NAMES = frozenset(
    name
    for table in metadata.tables.values()
    for name in (table.name, *(column.name for column in table.columns), *(str(index.name) for index in table.indexes))
) | {"alembic_version", "alembic_version_pkc", "version_num"}
"""Everything in people.db that has a name, but for the guards."""

_ROOM = 256 * 1024
"""Bytes. With less than this, an "I/O error" of SQLite means that its log had no room to grow."""


def _no_room(path: Path) -> bool:
    return shutil.disk_usage(path.parent).free < _ROOM


def _clear(error: BaseException, path: Path) -> BaseException:
    if isinstance(error, exc.OperationalError) and ("full" in str(error.orig) or _no_room(path)):
        return StorageFull(
            "the disk is full", where=str(path.parent), got=str(error.orig),
            next="free some space and run the same command again: nothing acknowledged is lost",
        )  # fmt: skip
    if isinstance(error, exc.DatabaseError) and any(sign in str(error.orig) for sign in _DAMAGE):
        return _unreadable(error, path)
    return error


_DAMAGE = ("malformed", "not a database", "no such", "already exists", "decode", "too big", "mismatch")
"""What SQLite says of a file that it cannot read as what it should be."""


def _unreadable(error: exc.DatabaseError, path: Path) -> DamagedDataset:
    return DamagedDataset(
        "people.db cannot be read as a database",
        where=str(path),
        got=str(error.orig),
        next="restore it from a backup",
    )
