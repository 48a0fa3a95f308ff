"""A consistent copy of a database for a backup, without what a restored node may not have.

Left out: seeds and keys of epochs and every S, which must be gone when their grace is over, in backups too; what was
made with them (evaluations, deltas); and copies of other owners' indexes, which they still have.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

_STRIP = (
    "UPDATE own_epoch SET seed = NULL, secret_key = NULL",
    "UPDATE chain SET shared_secret = NULL",
    "DELETE FROM evaluation",
    "DELETE FROM delta",
    "DELETE FROM copy_delta",
    "DELETE FROM copy_run",
    "DELETE FROM copy_revocation",
    "DELETE FROM copy",
)


def copy_for_backup(database: Path, target: Path) -> None:
    """Write the copy (mode 0600) to target, which must not exist; the database may be written meanwhile.

    Raises sqlite3.Error, also for a full disk.
    """
    raw = target.with_name(target.name + ".raw")
    raw.unlink(missing_ok=True)
    try:
        _vacuum(database, raw)
        raw.chmod(0o600)
        with closing(sqlite3.connect(raw, isolation_level=None)) as copy:
            copy.execute("PRAGMA secure_delete = ON")
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("BEGIN")
            for statement in _STRIP:
                copy.execute(statement)
            copy.execute("COMMIT")
        # Once more, so that no page holds what was there before.
        _vacuum(raw, target)
        target.chmod(0o600)
    finally:
        raw.unlink(missing_ok=True)


def _vacuum(source: Path, target: Path) -> None:
    # One read transaction: writers go on, and the copy is of one moment (https://sqlite.org/lang_vacuum.html#vacuuminto).
    with closing(sqlite3.connect(f"file:{source.resolve()}?mode=ro", uri=True)) as connection:
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("VACUUM INTO ?", (str(target),))
