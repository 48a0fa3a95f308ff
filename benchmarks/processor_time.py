"""How much CPU time the nodes of a federation have used, their worker processes included: proc_pid_stat(5)."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from tests.support.federation import RunningFederation

_TICK = 1 / os.sysconf("SC_CLK_TCK")


def processor_seconds(running: RunningFederation) -> float:
    """Seconds of all nodes that run, since they began, user and system."""
    return sum(of_process(process.pid) for process in running.processes.values() if process.poll() is None)


def of_process(pid: int) -> float:
    """Seconds of one process: its live threads, its children, those that run and those that have ended."""
    # utime, stime, cutime, cstime of the process itself; of a child that runs its own alone.
    running = sum(sum(_fields(child)[11:13]) for child in _children(pid))
    return (sum(_fields(pid)[11:15]) + running) * _TICK


def _children(pid: int) -> set[int]:
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        # A thread may end while it is looked at.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found |= {int(child) for child in (task / "children").read_text(encoding="ascii").split()}
    return found


def _fields(pid: int) -> list[int]:
    """What stands behind the name in parentheses, which may hold spaces; 0 for the state. Nothing once it has ended."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [0, *map(int, told[1:])]
