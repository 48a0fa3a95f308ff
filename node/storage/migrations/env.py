"""How alembic runs here: on the connection it is handed, inside the transaction that is already open."""

from __future__ import annotations

from alembic import context

from node.storage.schema_all import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
