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
    """Whether process pid was started for this home: a pid may have passed to a stranger since it was written."""
    return str(home.path.resolve()) in (command := command_line(pid)) or str(home.path) in command


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
