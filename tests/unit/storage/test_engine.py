"""The database file: who may open it, how it is set up, and what its faults are called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.exc import OperationalError

from node.errors import Code, LancangError
from node.storage.engine import Database, open_database
from node.storage.schema_records import counter
from node.storage.writer import Writer

_OPEN = """
import sys
from pathlib import Path
from node.errors import LancangError
from node.storage.engine import open_database
try:
    open_database(Path(sys.argv[1])).close()
except LancangError as error:
    print(error.code.value)
else:
    print("opened")
"""


def _open_elsewhere(path: Path) -> str:
    done = subprocess.run([sys.executable, "-c", _OPEN, str(path)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_second_process_is_refused_until_the_first_lets_go(path: Path) -> None:
    database = open_database(path)
    assert _open_elsewhere(path) == Code.NODE_LOCKED.value
    database.close()
    assert _open_elsewhere(path) == "opened"


def test_a_second_opening_in_the_same_process_is_refused_too(database: Database) -> None:
    with pytest.raises(LancangError) as refused:
        open_database(database.path)
    assert refused.value.code is Code.NODE_LOCKED


def test_the_file_is_private_and_durable(database: Database) -> None:
    with database.writing.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "temp_store")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "temp_store": 2}


def test_a_new_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    open_database(tmp_path / "new.db").close()
    assert [entry.stat().st_mode & 0o077 for entry in tmp_path.iterdir()] == [0, 0]


def test_every_writing_transaction_begins_immediate(database: Database) -> None:
    said: list[str] = []

    @event.listens_for(database.writing, "before_cursor_execute")
    def _note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    with database.writing.begin() as connection:
        connection.execute(select(counter)).all()
    assert said[0] == "BEGIN IMMEDIATE"


def test_a_reader_sees_one_state_while_others_write(database: Database, writer: Writer) -> None:
    with database.reading() as reading:
        before = reading.execute(select(counter)).all()
        writer.call(lambda connection: connection.execute(insert(counter).values(name="x", value=1)))
        assert reading.execute(select(counter)).all() == before
    with database.reading() as reading:
        assert len(reading.execute(select(counter)).all()) == len(before) + 1


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(OperationalError, match="readonly"), database.reading() as reading:
        reading.execute(insert(counter).values(name="x", value=1))


def test_a_newer_schema_is_refused_by_name(path: Path) -> None:
    database = open_database(path)
    with database.writing.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(LancangError) as refused:
        open_database(path)
    assert refused.value.code is Code.STORAGE_NEWER


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be read as one" * 20, b"SQLite format 3\0"]
)
def test_a_file_that_is_no_database_is_called_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "node.db"
    path.write_bytes(content)
    with pytest.raises(LancangError) as refused:
        open_database(path)
    assert refused.value.code is Code.STORAGE_DAMAGED


def test_somebody_elses_database_is_not_touched(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "node.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(LancangError) as refused:
        open_database(path)
    assert refused.value.code is Code.STORAGE_DAMAGED


def test_overwritten_pages_are_called_damaged(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = bytes(0xA5 for _ in data[4096:])
    path.write_bytes(data)
    with pytest.raises(LancangError) as refused:
        open_database(path)
    assert refused.value.code is Code.STORAGE_DAMAGED


def test_a_sound_file_passes_the_check_and_damage_is_found(path: Path) -> None:
    database = open_database(path)
    with database.writing.begin() as connection:
        # So that the last page is a table's, not the schema's.
        connection.execute(insert(counter), [{"name": "x" * 3000 + str(each), "value": 0} for each in range(9)])
    assert database.damage() == []
    with database.reading() as reading:
        page = reading.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'alarm'").scalar_one()
    database.close()
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = bytes(0xA5 for _ in range(4096))
    path.write_bytes(data)
    database = open_database(path)
    assert database.damage()
    database.close()


def test_a_full_disk_is_named_and_nothing_is_lost(database: Database, writer: Writer) -> None:
    writer.call(lambda connection: connection.execute(insert(counter).values(name="kept", value=1)))

    def fill(connection: object) -> None:
        from sqlalchemy import Connection

        assert isinstance(connection, Connection)
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.execute(insert(counter), [{"name": "x" * 3000 + str(each), "value": 0} for each in range(50)])

    with pytest.raises(LancangError) as refused:
        writer.call(fill)
    assert refused.value.code is Code.DISK_FULL
    writer.call(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 1000000"))
    with database.reading() as reading:
        assert reading.execute(select(counter.c.name)).scalars().all() == ["kept"]
