"""What a command arranges before anything else: streams for every script, no strange lines."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

GRPC_VERBOSITY = "GRPC_VERBOSITY"


def arrange() -> None:
    """Arrange the standard streams and what gRPC may say. gRPC reads its variable when it is imported: before that."""
    # Its C core writes to standard error by itself: to officers noise, in a node's log lines that are no JSON. What
    # fails is told by the code of the call. Whoever looks into gRPC itself sets the variable.
    os.environ.setdefault(GRPC_VERBOSITY, "NONE")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Names come in six scripts, whatever the locale. A path that is no text must not end a command.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if isinstance(sys.stdin, TextIOWrapper):
        # What is no text is refused where it is read, by name.
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
