"""The schema's history: it makes exactly the schema, whole or not at all."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from node.storage import migrations
from node.storage.engine import Database, open_database
from node.storage.schema_all import metadata

_MIGRATE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from node.storage.engine import open_database
left = int(sys.argv[2])

@event.listens_for(Engine, "before_cursor_execute")
def die(connection, cursor, statement, *rest):
    global left
    if statement.lstrip().startswith(("CREATE", "INSERT")):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

open_database(Path(sys.argv[1]))
"""


def _tables(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    try:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    finally:
        connection.close()


def test_the_migrations_make_the_schema(database: Database) -> None:
    with database.writing.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_what_alembic_does_not_compare_is_the_same_too(database: Database) -> None:
    with database.writing.connect() as connection:
        made = {
            str(row[0])
            for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%'")
        }
    wanted = {table.name for table in metadata.sorted_tables if table.dialect_options["sqlite"]["with_rowid"] is False}
    assert made == wanted


def test_the_code_needs_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_a_migration_that_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, made = op.create_table, 0

    def fail_at_tenth(*args: object, **kwargs: object) -> object:
        nonlocal made
        made += 1
        if made == 10:
            raise RuntimeError("power cut")
        return make(*args, **kwargs)  # type: ignore[arg-type]  # passed through as they came

    path = tmp_path / "node.db"
    monkeypatch.setattr(op, "create_table", fail_at_tenth)
    with pytest.raises(RuntimeError, match="power cut"):
        open_database(path)
    assert made == 10
    assert _tables(path) == set()
    monkeypatch.undo()
    open_database(path).close()
    assert set(metadata.tables) <= _tables(path)


def test_a_process_killed_while_it_migrates_leaves_nothing(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - to repeat a failure
    for statement in random.Random(seed).sample(range(2, 30), 2):
        path = tmp_path / f"{statement}.db"
        killed = subprocess.run([sys.executable, "-c", _MIGRATE_AND_DIE, str(path), str(statement)], check=False)
        assert killed.returncode == -signal.SIGKILL
        assert _tables(path) == set()
        open_database(path).close()
        assert set(metadata.tables) <= _tables(path)
