"""A node's database: SQLite in WAL mode, one connection that writes, a few that read, one process at a time.

Every writing transaction begins IMMEDIATE, migrations too: a deferred one could fail with BUSY half way, and the
driver's own transactions would leave half a schema after a kill (https://docs.sqlalchemy.org/en/20/dialects/sqlite.html).
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import QueuePool

from node.errors import Code, LancangError
from node.storage.faults import explain, explained
from node.storage.migrations import upgrade

BUSY_TIMEOUT_MS = 5_000
READERS = 4
_READER_WAIT_SECONDS = 30
_WAL_LIMIT_BYTES = 64 * 1024 * 1024
# Emptying the log holds up who writes (https://sqlite.org/c3ref/wal_checkpoint_v2.html): for so long at most.
_EMPTYING_SECONDS = 0.25

_COMMON = ("PRAGMA foreign_keys = ON", f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}", "PRAGMA temp_store = MEMORY")
_WRITING = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    # Without it INSERT OR REPLACE would delete a row past the triggers that keep the acts.
    "PRAGMA recursive_triggers = ON",
    f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}",
    "PRAGMA cache_size = -32768",
)


class Database:
    """An open, migrated database. Write through `writing` (the writer thread alone does), read through `reading`."""

    def __init__(self, path: Path, writing: Engine, readers: Engine, lock: int) -> None:
        self.path = path
        self.writing = writing
        self._readers = readers
        self._lock = lock

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only connection in one transaction: from its first statement on it sees one state of the database.

        Blocks while all readers are taken. Raises LancangError STORAGE_DAMAGED.
        """
        with explained(), self._readers.connect() as connection, connection.begin():
            yield connection

    def damage(self) -> list[str]:
        """What SQLite's own check of the file finds; empty if it is sound. Reads the whole file."""
        try:
            with self.reading() as connection:
                found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check(20)")]
        except LancangError as problem:
            # Damaged where the schema itself stands: SQLite gives up before it can list anything.
            if problem.code is not Code.STORAGE_DAMAGED:
                raise
            return [problem.detail]
        return [] if found == ["ok"] else found

    def empty_log(self) -> bool:
        """Move the write-ahead log into the file and empty it: call it after erasing keys, which may still stand there.

        Returns False if a reader still needs the log: call it again. Nobody who writes waits for that reader.
        """
        with explained(), closing(sqlite3.connect(self.path, timeout=_EMPTYING_SECONDS)) as connection:
            _, frames, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if moved < frames:
                return False
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Close all connections and let another process open the database. Close the writer first."""
        if self._lock < 0:
            return
        self._readers.dispose()
        self.writing.dispose()
        os.close(self._lock)
        self._lock = -1


def open_database(path: Path, *, readers: int = READERS) -> Database:
    """Open the database at path, made (mode 0600) if absent, and bring its schema up to this code.

    Raises LancangError: NODE_LOCKED if another process holds it, STORAGE_NEWER if a newer Lancang wrote it,
    STORAGE_DAMAGED if it is no sound database, DISK_FULL.
    """
    with explained():
        lock = _lock(path.with_name(path.name + ".lock"))
        writing: Engine | None = None
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            writing = _engine(path, "rwc", _WRITING, "BEGIN IMMEDIATE", pool_size=1)
            with writing.connect() as connection:
                upgrade(connection)
            # Readers begin deferred: IMMEDIATE asks for the write lock.
            reading = _engine(path, "ro", ("PRAGMA query_only = ON",), "BEGIN", pool_size=readers)
        except BaseException:
            if writing is not None:
                writing.dispose()
            os.close(lock)
            raise
    return Database(path, writing, reading, lock)


class Beside:
    """Reads the database that a node holds open, in a worker process of it; opened once for the worker's life."""

    def __init__(self, path: Path) -> None:
        self._engine = _engine(path, "ro", ("PRAGMA query_only = ON",), "BEGIN", pool_size=1)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """As Database.reading."""
        with explained(), self._engine.connect() as connection, connection.begin():
            yield connection


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise LancangError(Code.NODE_LOCKED, path.name) from None
    return descriptor


def _engine(path: Path, mode: str, pragmas: tuple[str, ...], begin: str, pool_size: int) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=f"file:{path.resolve()}", query={"mode": mode, "uri": "true"}),
        connect_args={"check_same_thread": False},
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_READER_WAIT_SECONDS,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (*_COMMON, *pragmas):
            connection.execute(pragma).close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    @event.listens_for(engine, "handle_error")
    def _explain(context: ExceptionContext) -> None:
        known = explain(context.original_exception)
        if known is not None:
            raise known from context.original_exception

    return engine
