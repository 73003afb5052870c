"""people.db as a stranger may have written it: nothing in it runs, nothing in it loops, and every row is what it must be."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import trainset
from tests import helpers
from tests.security import forge
from trainset.errors import BadValue, DamagedDataset, TrainsetError, UndoRefused
from trainset.work.workbench import Workbench

ID = bytes(16)


def read_all(folder: Path) -> None:
    """Every verb that reads the log."""
    with trainset.open(folder) as dataset:
        dataset.status()
        dataset.look(n=6)._repr_html_()
        dataset.log()
        for action in dataset.log():
            dataset.entries(action.seq)
        dataset.notes()
        dataset.classes()
        dataset.versions()
        dataset.diff("start")
        dataset.sources()


def clean(folder: Path, *commands: tuple[object, ...]) -> str:
    """Runs commands in processes; whatever they say, it is no traceback. Returns what they said."""
    said = ""
    for command in commands:
        done = helpers.run(*command, "-d", folder)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode in (0, 2)
        said += done.stdout + done.stderr
    return said


def test_the_genuine_log_is_read(images: Path) -> None:
    read_all(images)


@pytest.mark.parametrize(
    "data", [b"", b"no database at all", b"SQLite format 3\0" + os.urandom(5_000), os.urandom(100_000)]
)
def test_what_is_no_database_is_refused(data: bytes, images: Path) -> None:
    (images / "people.db").write_bytes(data)
    for leftover in ("people.db-wal", "people.db-shm"):
        (images / leftover).unlink(missing_ok=True)
    with pytest.raises(DamagedDataset):
        trainset.open(images)


@pytest.mark.parametrize(
    "pragma",
    ["application_id = 0", "application_id = 252006674", "user_version = 99"],
)
def test_another_programs_database_or_another_schema_is_refused(pragma: str, images: Path) -> None:
    with forge.database(images) as connection:
        connection.execute(f"PRAGMA {pragma}")
    with pytest.raises(DamagedDataset):
        trainset.open(images)
    clean(images, ("status",))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM alembic_version",
        "UPDATE alembic_version SET version_num = '../../evil'",
        "DROP TABLE alembic_version",
    ],
)
def test_a_database_that_says_it_needs_a_migration_and_does_not_is_refused(statement: str, images: Path) -> None:
    with forge.database(images) as connection:
        connection.execute(statement)
        connection.execute("PRAGMA user_version = 0")
    with pytest.raises(DamagedDataset):
        trainset.open(images)
    clean(images, ("status",))


@pytest.mark.parametrize("place", range(100, 20_000, 1_900))
def test_damaged_pages_are_a_clear_error_or_no_harm(place: int, images: Path) -> None:
    data = bytearray((images / "people.db").read_bytes())
    data[place : place + 300] = os.urandom(300)
    (images / "people.db").write_bytes(data)
    try:
        read_all(images)
    except TrainsetError:
        return


CODE = {
    "view for actions": [
        "ALTER TABLE actions RENAME TO old",
        "CREATE VIEW actions AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) "
        "SELECT x AS seq, '' AS at, '' AS person, '' AS verb, '' AS reason, 0 AS entries, NULL AS undoes, NULL AS key FROM n",
    ],
    "view that loads code": [
        "ALTER TABLE versions RENAME TO old",
        "CREATE VIEW versions AS SELECT load_extension('/tmp/evil.so') AS name, 1 AS seq, '' AS at, '' AS person, '' AS message, '' AS digest, "
        "0 AS samples, 0 AS keeps_media",
    ],
    "trigger on insert": ["CREATE TRIGGER evil AFTER INSERT ON actions BEGIN DELETE FROM versions; END"],
    "trigger that runs for ever": [
        "CREATE TRIGGER evil AFTER INSERT ON entries BEGIN INSERT INTO about "
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x, x FROM n; END"
    ],
    "a guard that does more": [
        "DROP TRIGGER actions_no_update",
        "CREATE TRIGGER actions_no_update BEFORE UPDATE ON actions BEGIN SELECT load_extension('/tmp/evil.so'); END",
    ],
    "computed column": ["ALTER TABLE about ADD COLUMN more TEXT AS (hex(zeroblob(400000000)))"],
    "default": ["ALTER TABLE about ADD COLUMN more TEXT DEFAULT (hex(zeroblob(4)))"],
    "check": ["CREATE TABLE more (x CHECK (length(hex(zeroblob(400000000))) > 0))"],
    "full text": ["CREATE VIRTUAL TABLE more USING fts4(x)"],
    "expression index": ["CREATE INDEX more ON about (hex(value))"],
    "table of its own": ["CREATE TABLE more (x)"],
}  # fmt: skip


@pytest.mark.parametrize("name", CODE)
@pytest.mark.timeout(60)
def test_views_triggers_and_whatever_computes_are_refused(name: str, images: Path) -> None:
    connection = sqlite3.connect(images / "people.db")
    for statement in CODE[name]:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            pytest.skip(f"this SQLite cannot make it: {error}")
    connection.commit()
    connection.close()
    with pytest.raises(DamagedDataset, match="did not make"):
        trainset.open(images)


def journal(database: Path, names: Path) -> bytes:
    """A rollback journal that puts the first page back as it is, and names a second file to be deleted."""
    size = int.from_bytes(database.read_bytes()[16:18], "big")
    page = database.read_bytes()[:size]
    checksum = sum(page[place] for place in range(size - 200, 0, -200)) & 0xFFFFFFFF
    mark, name = bytes.fromhex("d9d505f920a163d7"), os.fsencode(names)
    header = mark + struct.pack(">IIIII", 1, 0, database.stat().st_size // size, 512, size)
    record = struct.pack(">I", 1) + page + struct.pack(">I", checksum)
    ending = struct.pack(">I", 0x40000000 // size + 1) + name + struct.pack(">II", len(name), sum(name)) + mark
    return header.ljust(512, b"\0") + record + ending


def test_sqlite_deletes_the_file_that_a_journal_names(images: Path, secret: Path) -> None:
    """Why the next test is needed; if this one fails, SQLite has changed."""
    (images / "people.db-journal").write_bytes(journal(images / "people.db", secret))
    connection = sqlite3.connect(images / "people.db")
    connection.execute("SELECT count(*) FROM actions").fetchone()
    connection.close()
    assert not secret.exists()


@pytest.mark.parametrize("name", ["people.db", "cache/previews.db"])
def test_a_journal_that_names_another_file_is_not_obeyed(name: str, images: Path, secret: Path) -> None:
    (images / f"{name}-journal").write_bytes(journal(images / name, secret))
    with pytest.raises(DamagedDataset, match="names another file"), trainset.open(images) as dataset:
        dataset.look()._repr_html_()
    assert secret.exists()


def test_a_journal_of_our_own_kind_is_rolled_back(images: Path, secret: Path) -> None:
    whole = journal(images / "people.db", secret)
    (images / "people.db-journal").write_bytes(whole[: whole.rindex(struct.pack(">I", 0x40000000 // 4096 + 1))])
    read_all(images)
    assert secret.exists()


ACTIONS: dict[str, dict[str, object]] = {
    "undoes itself": {"undoes": 2}, "undoes the future": {"undoes": 9}, "undoes nothing": {"undoes": -4}, "negative": {"seq": -1}, "zero": {"seq": 0},
    "no time": {"at": "yesterday"}, "time is a number": {"at": 5}, "time is bytes": {"at": b"2026"}, "a naive time": {"at": "2026-01-01"},
    "the first second": {"at": "0001-01-01T00:00:00+14:00"}, "the last second": {"at": "9999-12-31T23:59:59-14:00"}, "person is bytes": {"person": b"eve"},
    "verb is bytes": {"verb": b"x"}, "reason is bytes": {"reason": b"\xff"}, "entries is a text": {"entries": "many"},
    "undoes a text": {"undoes": "x"},
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_that_cannot_be_is_a_clear_error(name: str, images: Path) -> None:
    forge.action(images, **{"seq": 2, **ACTIONS[name]})  # type: ignore[arg-type]
    with pytest.raises(DamagedDataset):
        read_all(images)
    verbs: tuple[Callable[[Workbench], object], ...] = (
        lambda d: d.log(),
        lambda d: d.undo(),
        lambda d: d.undo(2),
        lambda d: d.diff("start"),
        lambda d: d.label("cat", where="true"),
    )
    for verb in verbs:
        with trainset.open(images) as dataset, contextlib.suppress(TrainsetError):
            verb(dataset)


@pytest.mark.timeout(60)
def test_undos_in_a_circle_end(images: Path) -> None:
    forge.action(images, 2, undoes=3, verb="undo")
    forge.action(images, 3, undoes=2, verb="undo")
    with trainset.open(images) as dataset:
        for verb in (
            lambda: dataset.undo(3),
            lambda: dataset.undo(),
            lambda: dataset.diff("start"),
            lambda: dataset.status(),
        ):
            with pytest.raises(DamagedDataset):
                verb()


def test_a_long_chain_of_undos_is_followed(images: Path) -> None:
    forge.action(images, 2)
    for seq in range(3, 60):
        forge.action(images, seq, undoes=seq - 1, verb="undo")
    read_all(images)
    with trainset.open(images) as dataset:
        dataset.undo(59, person="eve")


ENTRIES: dict[str, dict[str, object]] = {
    "unknown kind": {"kind": "run command", "value": "rm -rf /"}, "kind is bytes": {"kind": b"label"}, "kind is a number": {"kind": 7},
    "no sample": {"kind": "label", "value": "cat"}, "short sample": {"kind": "label", "sample": b"abc", "value": "cat"},
    "long sample": {"kind": "label", "sample": bytes(17), "value": "cat"}, "sample is a text": {"kind": "label", "sample": "a" * 16, "value": "cat"},
    "sample is a number": {"kind": "exclude", "sample": 12}, "label is bytes": {"kind": "label", "sample": ID, "value": b"\xff\xfe"},
    "unknown split": {"kind": "split", "sample": ID, "value": "../x"},
    "short note": {"kind": "note", "sample": b"abc", "value": "x"}, "note is bytes": {"kind": "note", "value": b"\xff"},
    "part in another folder": {"kind": "import", "subject": "../../x.parquet", "value": {"source": "s", "rows": 1, "replaces": 0, "proposes": False}},
    "part in a folder": {"kind": "import", "subject": "a/x.parquet", "value": {"source": "s", "rows": 1, "replaces": 0, "proposes": False}},
    "part above": {"kind": "import", "subject": "..", "value": {"source": "s", "rows": 1, "replaces": 0, "proposes": False}},
    "part by backslashes": {"kind": "import", "subject": "..\\x.parquet", "value": {"source": "s", "rows": 1, "replaces": 0, "proposes": False}},
    "part with a NUL": {"kind": "import", "subject": "a\0.parquet", "value": {"source": "s", "rows": 1, "replaces": 0, "proposes": False}},
    "part without name": {"kind": "import", "subject": "", "value": {"source": "s", "rows": 1, "replaces": 0, "proposes": False}},
    "missing part": {"kind": "import", "subject": "gone.parquet", "value": {"source": "s", "rows": 1, "replaces": 0, "proposes": False}},
    "import without facts": {"kind": "import", "subject": "x.parquet", "value": "{}"}, "import is no JSON": {"kind": "import", "subject": "x", "value": "{"},
    "import is a list": {"kind": "import", "subject": "x.parquet", "value": "[]"}, "import is null": {"kind": "import", "subject": "x.parquet"},
    "endless rows": {"kind": "import", "subject": "x.parquet", "value": '{"source": "s", "rows": 1e999, "replaces": 0, "proposes": 0}'},
    "deep JSON": {"kind": "import", "subject": "x.parquet", "value": "[" * 100_000}, "source is no JSON": {"kind": "source", "subject": "s", "value": "x"},
    "root is a list": {"kind": "source", "subject": "s", "value": {"root": ["/"], "format": "csv"}},
    "root has a NUL": {"kind": "source", "subject": "s", "value": {"root": "/a\0b", "format": "csv"}},
    "root has half a character": {"kind": "source", "subject": "s", "value": {"root": "/\ud800", "format": "csv"}},
    "allowed is a text": {"kind": "source", "subject": "s", "value": {"root": "/x", "format": "csv", "allowed": 3}},
    "allowed has numbers": {"kind": "source", "subject": "s", "value": {"root": "/x", "format": "csv", "allowed": [1]}},
    "settings are a text": {"kind": "source", "subject": "s", "value": {"root": "/x", "format": "csv", "settings": "ab"}},
    "definition is no JSON": {"kind": "class defined", "subject": "cat", "value": "x"}, "good is a number": {"kind": "class defined", "subject": "cat", "value": {"good": 3}},
    "class without name": {"kind": "class added"}, "cost is no JSON": {"kind": "cost", "subject": "cat", "value": "50"},
    "cost of nothing": {"kind": "cost", "value": {"predicted": "dog", "cost": 5}}, "cost for nothing": {"kind": "cost", "subject": "cat", "value": {"cost": 5}},
    "cost is negative": {"kind": "cost", "subject": "cat", "value": {"predicted": "dog", "cost": -5}},
    "cost is endless": {"kind": "cost", "subject": "cat", "value": '{"predicted": "dog", "cost": 1e999}'},
    "cost is NaN": {"kind": "cost", "subject": "cat", "value": '{"predicted": "dog", "cost": NaN}'},
    "cost is a text": {"kind": "cost", "subject": "cat", "value": {"predicted": "dog", "cost": "5"}},
    "cost is true": {"kind": "cost", "subject": "cat", "value": {"predicted": "dog", "cost": True}},
    "predicted is a list": {"kind": "cost", "subject": "cat", "value": {"predicted": ["dog"], "cost": 5}},
    "selection is a number": {"kind": "selection", "subject": "mine", "value": "5"},
    "selection without filter": {"kind": "selection", "subject": "mine", "value": {"sort": "", "seed": 0, "samples": 1}},
    "selection called by a list": {"kind": "selection", "subject": "mine", "value": {"renamed": ["x"]}},
    "selection of half a sample": {"kind": "selection", "subject": "mine", "value": {"where": "true", "sort": "", "seed": 0, "samples": 0.5}},
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_that_cannot_be_is_a_clear_error(name: str, images: Path) -> None:
    columns: dict[str, Any] = dict(ENTRIES[name])
    if isinstance(columns.get("value"), dict):
        columns["value"] = json.dumps(columns["value"])
    forge.action(images, 2, entries=1)
    forge.entry(images, 2, columns.pop("kind"), **columns)
    with pytest.raises(DamagedDataset):
        read_all(images)
    verbs: tuple[Callable[[Workbench], object], ...] = (
        lambda d: d.entries(2),
        lambda d: d.undo(1),
        lambda d: d.undo(2, person="eve"),
        lambda d: d.look(),
        lambda d: d.diff("start"),
    )
    for verb in verbs:
        with trainset.open(images) as dataset, contextlib.suppress(TrainsetError):
            verb(dataset)


def test_a_damaged_log_is_one_clean_message(images: Path) -> None:
    forge.action(images, 2, entries=1)
    forge.entry(images, 2, "run command", value="rm -rf /")
    assert clean(images, ("status",), ("look",), ("log", 2)).count("error: ") == 3


def test_a_part_that_the_log_imports_twice_is_refused(images: Path) -> None:
    with forge.database(images, guarded=True) as connection:
        subject, value = connection.execute("SELECT subject, value FROM entries WHERE kind = 'import'").fetchone()
    forge.action(images, 2, entries=1)
    forge.entry(images, 2, "import", subject=subject, value=value)
    with pytest.raises(DamagedDataset, match="entry of action #2"):
        read_all(images)


VERSIONS: dict[str, dict[str, object]] = {
    "position is a text": {"seq": "x"}, "negative": {"seq": -3}, "no time": {"at": ""}, "message is bytes": {"message": b"x"}, "name is bytes": {"name": b"x"},
    "samples is a text": {"samples": "many"}, "digest is bytes": {"digest": b"0"}, "digest is none": {"digest": "\x1b[2J" + "0" * 60},
}  # fmt: skip


@pytest.mark.parametrize("name", VERSIONS)
def test_a_version_that_cannot_be_is_a_clear_error(name: str, images: Path) -> None:
    forge.version(images, **VERSIONS[name])
    with pytest.raises(DamagedDataset):
        read_all(images)


@pytest.mark.parametrize(
    "name", ["now", "start", "#1", "-x", "", "../../x", "a\nb", "\x1b[31mred", "\u202eabc", "[red]x", "x" * 10_000]
)
def test_a_version_of_an_odd_name_is_a_name(name: str, images: Path) -> None:
    forge.version(images, name=name, message=name, person=name, seq=99)
    read_all(images)
    said = clean(images, ("versions",), ("status",))
    assert "\x1b" not in said
    assert "\u202e" not in said
    with trainset.open(images) as dataset, pytest.raises(BadValue):
        dataset.version("start")


def test_renames_in_a_circle_end(images: Path) -> None:
    forge.action(images, 2, entries=4)
    for n, (old, new) in enumerate([("cat", "dog"), ("dog", "cat"), ("cat", "cat"), ("dog", "")]):
        forge.entry(images, 2, "class renamed", n, subject=old, value=new)
    read_all(images)


def test_text_that_is_no_text_is_a_clear_error(images: Path) -> None:
    with forge.database(images) as connection:
        connection.execute("UPDATE actions SET reason = CAST(x'FFFE41' AS TEXT)")
    with pytest.raises(DamagedDataset):
        read_all(images)
    clean(images, ("log",))


def test_missing_tables_and_columns_are_a_clear_error(images: Path) -> None:
    for statement in ("ALTER TABLE versions RENAME COLUMN digest TO message2", "DROP TABLE versions"):
        connection = sqlite3.connect(images / "people.db")
        connection.execute(statement)
        connection.commit()
        connection.close()
        with pytest.raises(DamagedDataset):
            read_all(images)
        clean(images, ("versions",), ("version", "v9"))


def test_undo_of_what_others_built_on_is_refused_also_here(images: Path) -> None:
    with trainset.open(images) as dataset:
        dataset.label("cat", where="label = 'dog'", person="ada")
        with pytest.raises(UndoRefused):
            dataset.undo(1, person="mallory")


def test_a_log_of_a_hundred_thousand_entries_with_odd_samples_is_read(images: Path) -> None:
    forge.action(images, 2, entries=100_000)
    with forge.database(images, guarded=True) as connection:
        connection.executemany(
            "INSERT INTO entries VALUES (2, ?, 'label', ?, NULL, 'cat')",
            ((n, n.to_bytes(16, "big")) for n in range(100_000)),
        )
    read_all(images)
