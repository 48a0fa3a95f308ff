"""How much CPU time the nodes of a federation have used, their worker processes included: proc_pid_stat(5)."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.federation import RunningFederation

_TICK = 1 / os.sysconf("SC_CLK_TCK")


def processor_seconds(running: RunningFederation) -> float:
    """Seconds of all nodes that run, since they began, user and system."""
    return sum(of_process(process.pid) for process in running.processes.values() if process.poll() is None)


def of_process(pid: int) -> float:
    """Seconds of one process: its live threads, and children that have ended and been waited for."""
    # The name in parentheses may hold spaces; utime, stime, cutime, cstime are fields 14 to 17.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(int(value) for value in fields[11:15]) * _TICK
