"""The tables of people.db: what people did, only ever inserted."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table

APPLICATION_ID = 0x7472_6E73
"""Marks the SQLite file as ours ("trns")."""

SCHEMA = 3
"""Kept in `PRAGMA user_version`, so that opening an up-to-date file needs no look at the migrations."""

metadata = MetaData()

about = Table("about", metadata, Column("key", String, primary_key=True), Column("value", String, nullable=False))

actions = Table(
    "actions",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("at", String, nullable=False),  # ISO 8601, UTC
    Column("person", String, nullable=False),
    Column("verb", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("undoes", Integer, ForeignKey("actions.seq")),
    Column("key", String, unique=True),  # idempotency: the same key twice is one action
    sqlite_autoincrement=True,
)

entries = Table(
    "entries",
    metadata,
    Column("seq", Integer, ForeignKey("actions.seq"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("sample", LargeBinary),
    Column("subject", String),
    Column("value", String),
    Index("entries_by_sample", "sample"),
    sqlite_with_rowid=False,
)

versions = Table(
    "versions",
    metadata,
    Column("name", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("at", String, nullable=False),
    Column("person", String, nullable=False),
    Column("message", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("samples", Integer, nullable=False),
    Column("keeps_media", Boolean, nullable=False),
)

questions = Table(
    "questions",
    metadata,
    Column("name", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("text", String, nullable=False),
    Column("at", String, nullable=False),
    Column("person", String, nullable=False),
)

ratings = Table(
    "ratings",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("at", String, nullable=False),
    Column("person", String, nullable=False),
    Column("sample", LargeBinary, nullable=False),
    Column("question", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("answer", String),  # null: the person could not tell
    Column("seconds", String),  # how long it took, as a decimal; null: not measured
    Column("queue", String),  # the number of the queue it was asked in; null: none
    Column("key", String, unique=True),
    Column("action", Integer),  # the action that made it the label; undone, it takes the rating with it; null: none
    Column("undoes", Integer),  # the rating without an action that this row takes back; null: it is a rating
    Index("ratings_by_sample", "sample"),
    Index("ratings_by_queue", "queue"),
    sqlite_autoincrement=True,
)

reports = Table(
    "reports",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("at", String, nullable=False),
    Column("person", String, nullable=False),  # who imported it
    Column("reporter", String, nullable=False),  # who said so
    Column("sample", LargeBinary, nullable=False),
    Column("label", String),  # the label it proposes; null: none
    Column("text", String, nullable=False),
    Column("list", String, nullable=False),  # the file it came in
    Column("key", String, unique=True, nullable=False),  # of what it says: the same report twice is one
    Index("reports_by_sample", "sample"),
    sqlite_autoincrement=True,
)

queues = Table(
    "queues",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", String, nullable=False),
    Column("person", String, nullable=False),
    Column("facts", String, nullable=False),  # order, run, position, what was expected (JSON)
    Column("key", String, unique=True),
    sqlite_autoincrement=True,
)

queued = Table(
    "queued",
    metadata,
    Column("queue", Integer, ForeignKey("queues.number"), primary_key=True),
    Column("n", Integer, primary_key=True),  # its place in the order, from 1
    Column("sample", LargeBinary, nullable=False),
    Column("label", String),  # when the queue was made; null: none
    Column("suggested", String),
    Column("confidence", String),  # of the suggestion, 0..1 as a decimal
    Column("chance", String),  # that the label is wrong, 0..1 as a decimal
    sqlite_with_rowid=False,
)
