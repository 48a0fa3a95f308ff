"""Where something was measured. Nothing that names the machine."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """What a figure depends on. load_before: the average of the last minute."""

    processor: str
    cores: int
    memory_gib: int
    python: str
    system: str
    load_before: float

    def text(self) -> str:
        """One line."""
        return (
            f"{self.processor}, {self.cores} cores, {self.memory_gib} GiB, Python {self.python}, {self.system}; "
            f"load {self.load_before:.1f} before the run"
        )


def this_machine() -> Machine:
    """Read from the system."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return Machine(
        models[0] if models else platform.machine(),
        len(os.sched_getaffinity(0)),
        round(memory),
        platform.python_version(),
        f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        os.getloadavg()[0],
    )
