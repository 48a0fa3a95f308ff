"""What SQLite and the disk report, said in the words of the error catalogue.

Result codes: https://www.sqlite.org/rescode.html; the primary code is the low byte of an extended one.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from node.errors import Code, LancangError

_FULL = frozenset({sqlite3.SQLITE_FULL})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def explain(error: BaseException) -> LancangError | None:
    """The LancangError that says what a database or file error means, or None where it has no meaning of its own.

    The detail is SQLite's own short word, which names no value.
    """
    if isinstance(error, DBAPIError) and error.orig is not None:
        return explain(error.orig)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LancangError(Code.DISK_FULL, "the database could not be written")
    if isinstance(error, sqlite3.Error):
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        word = getattr(error, "sqlite_errorname", "")
        if primary in _FULL:
            return LancangError(Code.DISK_FULL, word)
        if primary in _DAMAGED:
            return LancangError(Code.STORAGE_DAMAGED, word)
    return None


@contextmanager
def explained() -> Iterator[None]:
    """Raise what `explain` makes of a database or file error, in its place."""
    try:
        yield
    except (sqlite3.Error, DBAPIError, OSError) as error:
        known = explain(error)
        if known is None:
            raise
        raise known from error
