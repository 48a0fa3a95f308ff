"""A file that a command writes: it appears whole under its name, or not at all, and never takes another one's place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from node.errors import Code, LancangError


@contextmanager
def written_whole(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """Write to a file beside it, which takes its name at the end. Raises INPUT_INVALID if there is one already."""
    if path.exists():
        raise LancangError(Code.INPUT_INVALID, f"--out: {path} exists already", remedy="Name a file that does not.")
    part = path.with_name(f".{path.name}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
