"""The tables of people.db: what people did, only ever inserted."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table

APPLICATION_ID = 0x7472_6E73
"""Marks the SQLite file as ours ("trns")."""

SCHEMA = 1
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
