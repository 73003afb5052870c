"""What people answered about samples, and what outsiders reported of them.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables; their rows refuse UPDATE and DELETE as those of the log do."""
    op.create_table(
        "questions",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
    )
    op.create_table(
        "ratings",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("sample", sa.LargeBinary, nullable=False),
        sa.Column("question", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("answer", sa.String),
        sa.Column("seconds", sa.String),
        sa.Column("queue", sa.String),
        sa.Column("key", sa.String, unique=True),
        sqlite_autoincrement=True,
    )
    op.create_index("ratings_by_sample", "ratings", ["sample"])
    op.create_table(
        "reports",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("reporter", sa.String, nullable=False),
        sa.Column("sample", sa.LargeBinary, nullable=False),
        sa.Column("label", sa.String),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("list", sa.String, nullable=False),
        sa.Column("key", sa.String, unique=True, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("reports_by_sample", "reports", ["sample"])
    for table in ("questions", "ratings", "reports"):
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'rows of people.db are only ever inserted'); END"
            )
    op.execute("PRAGMA user_version = 2")


def downgrade() -> None:
    """What people said is not thrown away."""
    raise RuntimeError("ratings and reports cannot be taken back")
