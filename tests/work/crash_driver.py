"""Runs a scenario and kills its own process at the n-th point at which something becomes durable or visible.

Reads lines `FOLDER N` and answers each with `EXIT STEP,STEP... COUNT`: how the process that ran the scenario ended, which steps
had returned to their caller, and how many points it passed. N = 0: no fault. The runs are forks of this process, made before it
has any thread, so that only the first pays for the imports.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

fatal = count = 0


def point() -> None:
    global count
    count += 1
    if count == fatal:
        os.kill(os.getpid(), signal.SIGKILL)


def watched(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        point()
        return function(*args, **kwargs)

    return call


for name in ("replace", "fsync", "link", "rename", "unlink"):
    setattr(os, name, watched(getattr(os, name)))
Path.unlink = watched(Path.unlink)  # type: ignore[method-assign]
Path.rename = watched(Path.rename)  # type: ignore[method-assign]
Path.mkdir = watched(Path.mkdir)  # type: ignore[method-assign]


class Connection(sqlite3.Connection):
    """Dies before a commit, and before the first row of a transaction."""

    def execute(self, *args: Any) -> sqlite3.Cursor:
        self._watch(args[0])
        return super().execute(*args)

    def commit(self) -> None:
        point()
        super().commit()

    def cursor(self, *args: Any, **kwargs: Any) -> sqlite3.Cursor:  # type: ignore[override]  # ours whatever is asked for
        return super().cursor(Cursor)

    def _watch(self, sql: str) -> None:
        if sql.startswith(("INSERT", "COMMIT", "CREATE TABLE actions")):
            point()


class Cursor(sqlite3.Cursor):
    def execute(self, sql: str, *args: Any) -> Self:
        if sql.startswith(("INSERT", "COMMIT", "CREATE TABLE actions")):
            point()
        return super().execute(sql, *args)

    def executemany(self, sql: str, rows: Any, /) -> Self:
        point()
        return super().executemany(sql, rows)


connect = sqlite3.connect
sqlite3.connect = lambda *args, **kwargs: connect(*args, **{**kwargs, "factory": Connection})
sqlite3.dbapi2.connect = sqlite3.connect

import alembic.command  # noqa: E402, F401
import pandas  # noqa: E402, F401  # Arrow imports it; what every run needs is imported once, after the traps are set

import trainset  # noqa: E402
from trainset import registry  # noqa: E402
from trainset.engine import pool  # noqa: E402
from trainset.store import parts  # noqa: E402
from trainset.work import workbench  # noqa: E402, F401

registry.plugins("format")
registry.plugins("measure")

pool._processors = lambda: 1
parts.PART_ROWS = 4  # several parts from a few files


def scenario(folder: Path, ack: Callable[[str], None]) -> None:
    if (folder / "first.zip").exists():
        archives(folder, ack)
    elif (folder / "asked").exists():
        answers(folder, ack)
    else:
        session(folder, ack)


def archives(folder: Path, ack: Callable[[str], None]) -> None:
    """An archive, and a newer one of the same source."""
    with trainset.init(folder / "set") as dataset:
        ack("init")
        for done, name in enumerate(("first", "second")):
            if len(dataset.log()) <= done:
                dataset.import_(folder / f"{name}.zip", name="pets")
            ack(name)


def answers(folder: Path, ack: Callable[[str], None]) -> None:
    """A queue, two answers, one that is taken back, and a list of them; each step is there once, however often it is asked for."""
    with trainset.open(folder / "set") as dataset:
        if not dataset.queues():
            dataset.queue(where="true")
        ack("queue")
        first, second, third, *_ = [row["id"] for row in dataset.look(where="true", n=9, sort="text").rows()]
        dataset.answer(first, "dog", queue=1, key="first")
        ack("first")
        dataset.answer(second, None, queue=1, key="second")
        ack("second")
        dataset.answer(third, "dog", key="third")
        ack("third")
        if not any(row["undone"] for row in dataset.ratings().rows()):
            dataset.undo_answer()
        ack("undo")
        dataset.answers(folder / "asked" / "list.csv", queue=1)
        ack("list")


def session(folder: Path, ack: Callable[[str], None]) -> None:
    with trainset.init(folder / "set") as dataset:
        ack("init")
        dataset.import_(folder / "pictures")
        ack("import")
        if not any(action.verb == "label" for action in dataset.log()):
            dataset.label("dog", where="path like 'cat/1%'", reason="it is a dog")
        ack("label")
        if not dataset.versions():
            dataset.version("v1", keep_media=True)
        ack("version")
        if not (folder / "out").exists():
            dataset.export(folder / "out", format="class_folders", at="v1")
        ack("export")


def tell(pipe: int, text: str) -> None:
    os.write(pipe, text.encode())


def main() -> None:
    global fatal
    for line in sys.stdin:
        folder, number = line.rsplit(" ", 1)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            fatal = int(number)
            scenario(Path(folder), lambda step: tell(write, f"{step},"))
            tell(write, f" {count}")
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), said or ",", flush=True)


main()
