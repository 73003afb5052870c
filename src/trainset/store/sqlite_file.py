"""SQLite files that a stranger may have made: refused when opening one could do more than read rows."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Collection, Iterable
from pathlib import Path

from trainset.errors import DamagedDataset

_SUPER_JOURNAL = bytes.fromhex("d9d505f920a163d7")  # ends a rollback journal that names a second file
_HEADER = 512
_KEYWORDS = frozenset(
    [
        "create",
        "table",
        "if",
        "exists",
        "index",
        "unique",
        "on",
        "integer",
        "varchar",
        "text",
        "blob",
        "boolean",
        "not",
        "null",
        "primary",
        "key",
        "autoincrement",
        "constraint",
        "foreign",
        "references",
        "without",
        "rowid",
    ]
)
_SYSTEM = frozenset(["sqlite_sequence", "sqlite_stat1", "name", "seq", "tbl", "idx", "stat"])
_WORD = re.compile(r"[^\W\d]\w*")
_GUARD = re.compile(
    r"CREATE TRIGGER (\w+)_no_(update|delete) BEFORE (UPDATE|DELETE) ON \1 "
    r"BEGIN SELECT RAISE\(ABORT, 'rows of people\.db are only ever inserted'\); END"
)


def refuse_traps(path: Path) -> None:
    """Looks at the file and its journals before SQLite does. Raises `DamagedDataset`.

    A link, pipe or device would lead out of the folder. A rollback journal may name a second file, which SQLite deletes
    when it has rolled back; ours never do.
    """
    for suffix in ("", "-wal", "-shm", "-journal"):
        place = path.with_name(path.name + suffix)
        try:
            found = place.lstat()
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(found.st_mode):
            raise DamagedDataset(
                f"{place.name} is no regular file but a link or device",
                where=str(place),
                next="restore the file itself",
            )
        if suffix == "-journal" and found.st_size > _HEADER and _ends_with(place, _SUPER_JOURNAL):
            raise DamagedDataset(
                f"{place.name} names another file, which would be deleted", where=str(place),
                next="do not trust this dataset; without that file it opens as it was before its last change",
            )  # fmt: skip


def refuse_code(schema: Iterable[tuple[str, str, str | None]], names: Collection[str], path: Path) -> None:
    """Looks at (type, name, sql) of `sqlite_master` before any table is read. Raises `DamagedDataset` for whatever could
    compute: views, virtual tables, computed columns, checks, defaults, and triggers other than our guards.

    `names`: the tables, columns and indexes that may be there.
    """
    allowed = _KEYWORDS | _SYSTEM | {name.lower() for name in names}
    for kind, name, sql in schema:
        if sql is None and kind == "index":
            continue  # one that SQLite made itself
        words = {word.lower() for word in _WORD.findall(sql or "")}
        plain = kind in ("table", "index") and sql is not None and words <= allowed
        if not plain and not (kind == "trigger" and _GUARD.fullmatch(sql or "")):
            raise DamagedDataset(
                f"{path.name} holds something that trainset did not make", where=str(path), got=f"{kind} {name!r}"[:200],
                next="restore it from a backup; do not trust this dataset if it is not yours",
            )  # fmt: skip


def _ends_with(path: Path, mark: bytes) -> bool:
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:  # another process may have finished with it
        file.seek(-min(len(mark), os.fstat(file.fileno()).st_size), os.SEEK_END)
        return file.read() == mark
    return False
