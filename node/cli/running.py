"""What a running node tells of itself in its home (run/node.json), and whether that process is really it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from node.config import Home


@dataclass(frozen=True, slots=True)
class Running:
    """A node process: pid, the officers' socket, where metrics are served and where peers call."""

    pid: int
    operator_socket: Path
    metrics: str
    endpoint: str


def running(home: Home) -> Running | None:
    """The node that runs from this home, or None. A file left behind by a killed node is not believed."""
    try:
        told = json.loads(home.run.read_text(encoding="utf-8"))
        found = Running(int(told["pid"]), Path(told["operator_socket"]), str(told["metrics"]), str(told["endpoint"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if is_node_of(found.pid, home) else None


def is_node_of(pid: int, home: Home) -> bool:
    """Whether process pid runs this home: a pid may have passed to a stranger since it was written.

    The command line names the home, unless it was given by LANCANG_HOME or as a relative path: then the lock tells.
    """
    command = command_line(pid)
    return str(home.path.resolve()) in command or str(home.path) in command or _holds_lock(pid, home)


def _holds_lock(pid: int, home: Home) -> bool:
    """Whether pid holds the lock of this home's database, as Linux lists it (proc(5), /proc/locks)."""
    try:
        inode = home.database.with_name(home.database.name + ".lock").stat().st_ino
        listed = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return False
    # `1: FLOCK  ADVISORY  WRITE 4711 fd:00:131090 0 EOF`. The device is not compared: some file systems tell another.
    held = (line.split() for line in listed if " FLOCK " in line)
    return any(parts[4] == str(pid) and parts[5].rpartition(":")[2] == str(inode) for parts in held if len(parts) > 5)


def command_line(pid: int) -> tuple[str, ...]:
    """The arguments of a live process; empty when it has ended or may not be seen."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return () if Path("/proc/self").exists() else _asked_of_ps(pid)
    except OSError:
        return ()
    return tuple(os.fsdecode(part) for part in raw.split(b"\0") if part)


def _asked_of_ps(pid: int) -> tuple[str, ...]:
    """Where there is no /proc (macOS). Arguments with spaces come apart, which only makes the answer stricter."""
    asked = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return tuple(asked.stdout.split())
