"""Queues, and what a rating did to the log.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables of queues, whose rows refuse UPDATE and DELETE, and gives ratings two columns."""
    op.execute("ALTER TABLE ratings ADD COLUMN action INTEGER")
    op.execute("ALTER TABLE ratings ADD COLUMN undoes INTEGER")
    op.create_index("ratings_by_queue", "ratings", ["queue"])
    op.create_table(
        "queues",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("facts", sa.String, nullable=False),
        sa.Column("key", sa.String, unique=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "queued",
        sa.Column("queue", sa.Integer, sa.ForeignKey("queues.number"), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("sample", sa.LargeBinary, nullable=False),
        sa.Column("label", sa.String),
        sa.Column("suggested", sa.String),
        sa.Column("confidence", sa.String),
        sa.Column("chance", sa.String),
        sqlite_with_rowid=False,
    )
    for table in ("queues", "queued"):
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'rows of people.db are only ever inserted'); END"
            )
    op.execute("PRAGMA user_version = 3")


def downgrade() -> None:
    """What people did is not thrown away."""
    raise RuntimeError("queues cannot be taken back")
