"""The one thread that writes: works queue up, a whole group of them shares one durable COMMIT.

A LIVE work (a charge, a search, a single record) goes before BULK ones (an import, cleaning). LIVE works that wait are
executed in one transaction, each inside a SAVEPOINT, so that one's failure undoes only itself; BULK works run one a
transaction and must be short (under 20 ms), so that a LIVE work never waits long. A future completes only once its
COMMIT has reached the disk.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine

from node.errors import Code, LancangError
from node.storage.faults import explained

T = TypeVar("T")
Work = Callable[[Connection], T]

GROUP_LIMIT = 32
"""LIVE works that share a commit at most; a charge takes about 1.5 ms, so that a group stays near 50 ms."""

GROUPS_BEFORE_BULK = 4
"""After so many LIVE groups in a row a waiting BULK work gets its turn, so that an import under load still ends."""


class Priority(IntEnum):
    """What goes first."""

    LIVE = 0
    BULK = 1


class _Job(Generic[T]):
    """A work and its future. The outcome is kept aside until the commit: a promise is only made of durable things."""

    def __init__(self, work: Work[T]) -> None:
        self.future: Future[T] = Future()
        self._work = work
        self._result: T | None = None
        self._error: BaseException | None = None

    def execute(self, connection: Connection) -> None:
        self._result = self._work(connection)

    def failed(self, error: BaseException) -> None:
        self._error = error

    def complete(self) -> None:
        if self._error is not None:
            self.future.set_exception(self._error)
        else:
            self.future.set_result(self._result)  # type: ignore[arg-type]  # execute() has set it, T may include None


class Writer:
    """Owns the write connection of a database from construction until close()."""

    def __init__(self, engine: Engine) -> None:
        # Connected here, so that a failure is the caller's and not a silent death of the thread.
        self._connection = engine.connect()
        self._wake = threading.Condition()
        self._queues: dict[Priority, deque[_Job[Any]]] = {priority: deque() for priority in Priority}
        self._closing = False
        self._live_groups = 0
        self._thread = threading.Thread(target=self._loop, name="storage-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T], priority: Priority = Priority.LIVE) -> Future[T]:
        """Queue a work; the future holds its result once it is durable, or what it raised.

        A work may run and be undone because its group's commit failed; then the future holds that failure. Cancelling
        the future before the work starts leaves it undone; later it has no effect.
        Raises LancangError NODE_DRAINING once the writer closes.
        """
        job = _Job(work)
        with self._wake:
            if self._closing:
                raise LancangError(Code.NODE_DRAINING, "the database is closing")
            self._queues[priority].append(job)
            self._wake.notify()
        return job.future

    async def run(self, work: Work[T], priority: Priority = Priority.LIVE) -> T:
        """Do a work in the writer thread and wait until it is durable. Raises what the work raises, or as submit()."""
        return await asyncio.wrap_future(self.submit(work, priority))

    def call(self, work: Work[T], priority: Priority = Priority.LIVE) -> T:
        """As run(), for a caller without an event loop; blocks. Raises RuntimeError from inside a work."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a work may not wait for another work")
        return self.submit(work, priority).result()

    def waiting(self, priority: Priority) -> int:
        """How many works wait (for metrics)."""
        with self._wake:
            return len(self._queues[priority])

    def close(self) -> None:
        """Refuse new works, finish those that wait, end the thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _loop(self) -> None:
        with self._connection as connection:
            while group := self._next_group():
                self._commit_group(connection, group)

    def _next_group(self) -> list[_Job[Any]]:
        """The jobs of the next transaction; empty when closed and drained."""
        live, bulk = self._queues[Priority.LIVE], self._queues[Priority.BULK]
        with self._wake:
            while True:
                if live and not (bulk and self._live_groups >= GROUPS_BEFORE_BULK):
                    self._live_groups += 1
                    taken = [live.popleft() for _ in range(min(len(live), GROUP_LIMIT))]
                elif bulk:
                    self._live_groups = 0
                    taken = [bulk.popleft()]
                elif self._closing:
                    return []
                else:
                    self._wake.wait()
                    continue
                # A cancelled job is dropped here; a started one can no longer be cancelled.
                if started := [job for job in taken if job.future.set_running_or_notify_cancel()]:
                    return started

    def _commit_group(self, connection: Connection, group: list[_Job[Any]]) -> None:
        try:
            with explained(), connection.begin():
                for job in group:
                    self._execute(connection, job, alone=len(group) == 1)
        except BaseException as error:
            _clear(connection)
            for job in group:
                job.future.set_exception(error)
        else:
            for job in group:
                job.complete()

    def _execute(self, connection: Connection, job: _Job[Any], *, alone: bool) -> None:
        if alone:
            job.execute(connection)
            return
        connection.exec_driver_sql("SAVEPOINT work")
        try:
            with explained():
                job.execute(connection)
        except BaseException as error:
            # After a full disk or damage SQLite may have rolled the whole transaction back by itself
            # (https://www.sqlite.org/lang_transaction.html 3.2): then nothing of the group may be promised.
            if isinstance(error, LancangError) and error.code in (Code.DISK_FULL, Code.STORAGE_DAMAGED):
                raise
            job.failed(error)
            connection.exec_driver_sql("ROLLBACK TO work")
        connection.exec_driver_sql("RELEASE work")


def _clear(connection: Connection) -> None:
    """Leave no transaction behind: after a COMMIT that failed SQLite may still be in it, unknown to SQLAlchemy."""
    driver = connection.connection.driver_connection
    try:
        if driver is not None and driver.in_transaction:
            driver.rollback()
    except Exception:
        # Closing undoes it as well; the next transaction opens a new connection.
        connection.invalidate()
