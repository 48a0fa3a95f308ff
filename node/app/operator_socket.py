"""Where officers find the running node: a unix socket in a private directory with a short path, told in the home."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from node.config import Home

# A unix socket's path holds 107 characters: a home may be deeper than that.
SOCKET_NAME = "operator.sock"
PREFIX = "lcg-"


@dataclass(frozen=True, slots=True)
class OperatorSocket:
    """A directory of mode 0700 of our own, made at start and removed at the end."""

    directory: Path

    @classmethod
    def create(cls) -> OperatorSocket:
        """Make it below XDG_RUNTIME_DIR, or below the system's directory for temporary files."""
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        parent = runtime if runtime and Path(runtime).is_dir() and len(runtime) < 60 else None
        return cls(Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent)))

    @property
    def target(self) -> str:
        """As gRPC names it."""
        return f"unix:{self.directory / SOCKET_NAME}"

    def remove(self) -> None:
        """Remove the directory."""
        shutil.rmtree(self.directory, ignore_errors=True)


def tell(home: Home, socket: OperatorSocket, metrics: str, endpoint: str) -> None:
    """Write what the command line needs to find this node; whole or not at all."""
    home.run.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = {
        "pid": os.getpid(),
        "operator_socket": str(socket.directory / SOCKET_NAME),
        "metrics": metrics,
        "endpoint": endpoint,
    }
    part = home.run.with_suffix(".part")
    part.write_text(json.dumps(told), encoding="utf-8")
    part.replace(home.run)


def sweep(home: Home) -> None:
    """Remove what a killed node could not: the directory of its socket, if it is one of ours."""
    try:
        socket = Path(json.loads(home.run.read_text(encoding="utf-8"))["operator_socket"])
    except (OSError, ValueError, KeyError, TypeError):
        return
    if socket.name == SOCKET_NAME and socket.parent.name.startswith(PREFIX):
        shutil.rmtree(socket.parent, ignore_errors=True)
    untell(home)


def untell(home: Home) -> None:
    """Forget it: nobody serves here."""
    home.run.unlink(missing_ok=True)
