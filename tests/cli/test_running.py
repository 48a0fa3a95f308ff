"""A running node is known by its home, however it was named when it was started; a stranger's process never is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from node.acts.founding.found_federation import Federation, found_federation
from node.cli.running import is_node_of, running
from node.clock import SystemClock
from node.config import Home
from node.roster.policy_defaults import default_policy
from tests.support.federation import wait_for

# Holds a home's lock as a node does, and says so.
_HOLDER = """
import fcntl, sys
lock = open(sys.argv[1], "a")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Federation:
    """One member, founded and not started."""
    return found_federation(tmp_path_factory.mktemp("alone") / "f", ("th",), default_policy(), SystemClock().now_ms())


@contextmanager
def _process(*arguments: str, **further: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        **further,  # type: ignore[call-overload]  # cwd and env, as the caller says
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _say_that_it_runs(home: Home, pid: int) -> None:
    home.run.parent.mkdir(mode=0o700, exist_ok=True)
    told = {"pid": pid, "operator_socket": "/nowhere", "metrics": "127.0.0.1:1", "endpoint": "127.0.0.1:2"}
    home.run.write_text(json.dumps(told), encoding="utf-8")


@pytest.mark.parametrize("named", ["as an option", "in the environment", "by a relative path", "by a link"])
def test_a_node_is_found_however_its_home_was_named(alone: Federation, tmp_path: Path, named: str) -> None:
    node = alone.nodes[0]
    path = node.home.path
    link = tmp_path / "home"
    link.symlink_to(path)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LANCANG_")}
    environment["LANCANG_SECRET_FILE"] = str(node.secret_file.resolve())
    arguments, folder = {
        "as an option": (["--home", str(path), "node", "run"], tmp_path),
        "in the environment": (["node", "run"], tmp_path),
        "by a relative path": (["--home", path.name, "node", "run"], path.parent),
        "by a link": (["--home", str(link), "node", "run"], tmp_path),
    }[named]
    if named == "in the environment":
        environment["LANCANG_HOME"] = str(path)
    with _process("-m", "node.cli", *arguments, cwd=folder, env=environment) as process:
        wait_for(lambda: running(node.home) is not None, "the node is found")
        found = running(node.home)
        assert found is not None
        assert found.pid == process.pid
        assert found.operator_socket.is_socket()
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        # What a killed node left behind is not believed.
        assert node.home.run.exists()
        assert running(node.home) is None
    node.home.run.unlink()


def test_a_process_with_the_pid_of_a_node_that_was_killed_is_a_stranger(alone: Federation) -> None:
    home = alone.nodes[0].home
    with _process("-c", "import sys; sys.stdin.read()") as stranger:
        _say_that_it_runs(home, stranger.pid)
        assert running(home) is None
    home.run.unlink()


def test_only_the_lock_of_this_very_home_tells(alone: Federation, tmp_path: Path) -> None:
    home = alone.nodes[0].home
    own = home.database.with_name(home.database.name + ".lock")
    own.parent.mkdir(parents=True, exist_ok=True)
    link, other = tmp_path / "link", tmp_path / "other.lock"
    own.touch()
    # The holder's command line must not name the home: that alone would be believed.
    link.symlink_to(own)
    for lock, believed in ((other, False), (link, True)):
        with _process("-c", _HOLDER, str(lock)) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            assert is_node_of(holder.pid, home) is believed
            assert not is_node_of(os.getpid(), home)
