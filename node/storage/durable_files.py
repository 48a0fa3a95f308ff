"""Small private files, either as they were or wholly new: temporary file, fsync, rename, fsync of the directory."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from node.errors import Code, LancangError

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700


def write_durably(path: Path, data: bytes, mode: int = PRIVATE_FILE) -> None:
    """Write path so that a crash leaves the old content or the new, and others never see it with wider rights.

    Missing directories are made, for the owner alone. Raises DISK_FULL; other OSErrors as they are.
    """
    make_private_directory(path.parent)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with open(handle, "wb") as file:  # noqa: PTH123 - a handle, not a path
                os.fchmod(file.fileno(), mode)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_directory(path.parent)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise LancangError(Code.DISK_FULL, f"{path.name} could not be written") from error
        raise


def write_new(path: Path, data: bytes, mode: int = PRIVATE_FILE) -> None:
    """Write a file that must not be there yet; whoever comes second is refused, also at the same moment.

    It needs nothing of a file system but names: keys go to a medium of any kind. Raises INPUT_INVALID if there is one,
    FILE_UNREADABLE where none can be written, DISK_FULL.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        sync_directory(path.parent)
    except FileExistsError:
        raise LancangError(
            Code.INPUT_INVALID, f"{path} exists already", remedy="Name another file: nothing is overwritten."
        ) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise LancangError(Code.DISK_FULL, f"{path.name} could not be written") from error
        raise LancangError(Code.FILE_UNREADABLE, f"{path}: {error.strerror}") from None


def make_private_directory(path: Path) -> None:
    """Make path and its missing parents with mode 0700, whatever the umask; their names are durable."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        sync_directory(each.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
