"""A node whose data lies on a disk so small that a test can fill it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from node.acts.following.room import reserve
from node.acts.founding.found_federation import found_federation
from node.clock import SystemClock
from node.model.roster import Policy
from tests.support.federation import RunningFederation, roomy_policy


@contextmanager
def on_a_small_disk(
    directory: Path,
    node_id: str,
    policy: Policy | None = None,
    megabytes: int = 16,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = (),
) -> Iterator[RunningFederation]:
    """cn and th, the data of one of them on a small disk. Skips the test where nobody may mount one."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk needs root: that a full disk loses nothing was left out")
    now = SystemClock().now_ms()
    founded = found_federation(directory / "federation", ("cn", "th"), policy or roomy_policy(), now)
    running = RunningFederation(founded, environment or {}, program=program)
    data = running.node(node_id).home.database.parent
    options = f"size={megabytes}m,mode=0700"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", data], check=False).returncode:
        pytest.skip("this root may not mount: that a full disk loses nothing was left out")
    try:
        (data / "index").mkdir(mode=0o700)
        running.start()
        running.wait_serving()
        running.wait_in_sync()
        yield running
    finally:
        running.stop()
        subprocess.run(["umount", "--lazy", data], check=True)


@dataclass(frozen=True, slots=True)
class Ballast:
    """A file that takes the room which a test wants gone."""

    file: Path

    def leave(self, spare: int) -> None:
        """Leave so many bytes beyond what is kept in reserve."""
        self.file.unlink(missing_ok=True)
        disk = shutil.disk_usage(self.file.parent)
        with self.file.open("wb") as out:
            out.write(bytes(max(0, disk.free - reserve(disk.total) - spare)))

    def throw_off(self) -> None:
        """Give all of it back."""
        self.file.unlink(missing_ok=True)
