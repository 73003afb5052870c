"""The log, versions, and the triggers that keep rows from being changed.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables; every table of people's rows refuses UPDATE and DELETE."""
    op.create_table(
        "about", sa.Column("key", sa.String, primary_key=True), sa.Column("value", sa.String, nullable=False)
    )
    op.create_table(
        "actions",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("verb", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("undoes", sa.Integer, sa.ForeignKey("actions.seq")),
        sa.Column("key", sa.String, unique=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "entries",
        sa.Column("seq", sa.Integer, sa.ForeignKey("actions.seq"), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("sample", sa.LargeBinary),
        sa.Column("subject", sa.String),
        sa.Column("value", sa.String),
        sqlite_with_rowid=False,
    )
    op.create_index("entries_by_sample", "entries", ["sample"])
    op.create_table(
        "versions",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("samples", sa.Integer, nullable=False),
        sa.Column("keeps_media", sa.Boolean, nullable=False),
    )
    for table in ("actions", "entries", "versions"):
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'rows of people.db are only ever inserted'); END"
            )
    op.execute("PRAGMA user_version = 1")


def downgrade() -> None:
    """There is nothing before the first schema."""
    raise RuntimeError("the first schema has no predecessor")
