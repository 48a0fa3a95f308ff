"""A part of a transaction that can be undone alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from node.errors import Code, LancangError


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """What fails inside is undone, and raised; what was done before it stays.

    After a full disk or damage SQLite may have ended the whole transaction by itself: then nothing is left to undo.
    """
    connection.exec_driver_sql("SAVEPOINT part")
    try:
        yield
    except BaseException as error:
        if not (isinstance(error, LancangError) and error.code in (Code.DISK_FULL, Code.STORAGE_DAMAGED)):
            connection.exec_driver_sql("ROLLBACK TO part")
            connection.exec_driver_sql("RELEASE part")
        raise
    connection.exec_driver_sql("RELEASE part")
