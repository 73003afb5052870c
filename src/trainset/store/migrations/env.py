"""Runs migrations on the connection that `store.people` hands over."""

from __future__ import annotations

from alembic import context

from trainset.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
