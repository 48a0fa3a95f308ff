"""What a command arranges before anything else: streams for every script, no strange lines."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from pathlib import Path

GRPC_VERBOSITY = "GRPC_VERBOSITY"


def arrange() -> None:
    """Arrange the standard streams and what gRPC may say. gRPC reads its variable when it is imported: before that."""
    # Its C core writes to standard error by itself: to officers noise, in a node's log lines that are no JSON. What
    # fails is told by the code of the call. Whoever looks into gRPC itself sets the variable.
    os.environ.setdefault(GRPC_VERBOSITY, "NONE")
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Names come in six scripts, whatever the locale. A path that is no text must not end a command.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if isinstance(sys.stdin, TextIOWrapper):
        # What is no text is refused where it is read, by name.
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")


def _open_what_is_closed() -> None:
    """A command started with a closed stream (`>&-`) has nothing to write to or to read from: that is no fault."""
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - open as long as the process
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - the same
