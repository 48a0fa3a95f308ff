"""The schema's history, applied by alembic when a database is opened, in one IMMEDIATE transaction.

A kill in the middle leaves the database as it was: SQLite's DDL is transactional once the driver's own transactions
are off.
"""

from __future__ import annotations

import io
from pathlib import Path

from sqlalchemy import Connection

from node.errors import Code, LancangError

HEAD = "0011"
"""The revision this code needs; a test compares it with the newest file in versions/."""


def upgrade(connection: Connection) -> None:
    """Bring the schema to HEAD in one transaction, or do nothing.

    Raises LancangError STORAGE_NEWER, STORAGE_DAMAGED.
    """
    with connection.begin():
        found = revision(connection)
        if found != HEAD:
            _apply(connection, found)


def revision(connection: Connection) -> str | None:
    """The revision the database stands at, None for an empty one. Raises LancangError STORAGE_DAMAGED."""
    tables = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise LancangError(Code.STORAGE_DAMAGED, "this is not a node's database")
    rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    if len(rows) != 1:
        raise LancangError(Code.STORAGE_DAMAGED, "the database has no single version")
    return str(rows[0])


def _apply(connection: Connection, found: str | None) -> None:
    # Only here: alembic takes longer to import than a database takes to open.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise LancangError(Code.STORAGE_NEWER, f"schema {found}, this program knows {HEAD}")
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
