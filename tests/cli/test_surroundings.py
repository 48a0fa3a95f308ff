"""Nothing strange reaches the terminal of an officer: no lines of gRPC's C core, no broken words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from node.acts.founding.found_federation import found_federation
from node.clock import SystemClock
from node.config import Home
from node.roster.policy_defaults import default_policy

# Where the node's socket should be, somebody answers with HTTP/2's GOAWAY, in the clear. Of both the C core tells.
_RUDE = """
import socket, sys
door = socket.socket(socket.AF_UNIX)
door.bind(sys.argv[2])
door.listen(16)
print("open", flush=True)
body = bytes(4) + (11).to_bytes(4, "big") + b"too_many_pings"
frames = bytes.fromhex("000000040000000000") + len(body).to_bytes(3, "big") + bytes.fromhex("070000000000") + body
callers = []
while True:
    caller, _ = door.accept()
    caller.recv(24)
    caller.sendall(frames)
    callers.append(caller)
"""
_CALLS = """
import sys
from node.cli.surroundings import arrange
if sys.argv[2] == "arranged":
    arrange()
import grpc
with grpc.insecure_channel("unix:" + sys.argv[1]) as channel:
    try:
        channel.unary_unary("/a/b")(b"", timeout=1)
    except grpc.RpcError:
        pass
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose node does not run."""
    return found_federation(tmp_path / "f", ("th",), default_policy(), SystemClock().now_ms()).nodes[0].home


@contextmanager
def _rude_socket(home: Home, socket: Path) -> Iterator[None]:
    # Its command line names the home, as that of a node does.
    rude = subprocess.Popen([sys.executable, "-c", _RUDE, str(home.path), str(socket)], stdout=subprocess.PIPE)
    try:
        assert rude.stdout is not None
        assert rude.stdout.readline() == b"open\n"
        home.run.parent.mkdir(mode=0o700, exist_ok=True)
        told = {"pid": rude.pid, "operator_socket": str(socket), "metrics": "", "endpoint": ""}
        home.run.write_text(json.dumps(told), encoding="utf-8")
        yield
    finally:
        rude.kill()
        rude.communicate()


def _environment(**more: str) -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(("LANCANG_", "GRPC_"))} | more


def test_what_the_c_core_says_reaches_no_terminal(home: Home, tmp_path: Path) -> None:
    socket = tmp_path / "s"
    with _rude_socket(home, socket):
        told = {
            how: subprocess.run(
                [sys.executable, "-c", _CALLS, str(socket), how],
                capture_output=True,
                text=True,
                env=_environment(),
                check=True,
            ).stderr
            for how in ("not arranged", "arranged")
        }
        peers = subprocess.run(
            [sys.executable, "-m", "node.cli", "--home", str(home.path), "peers"],
            capture_output=True,
            text=True,
            env=_environment(),
            check=False,
        )
    assert "chttp2_transport.cc" in told["not arranged"]
    assert told["arranged"] == ""
    assert peers.returncode in (7, 14)
    assert "LCG-" in peers.stderr
    assert all(line.startswith(("lancang: LCG-", "  What to do:")) for line in peers.stderr.splitlines())


def test_whoever_looks_into_grpc_may_let_it_speak(home: Home, tmp_path: Path) -> None:
    socket = tmp_path / "s"
    with _rude_socket(home, socket):
        told = subprocess.run(
            [sys.executable, "-c", _CALLS, str(socket), "arranged"],
            capture_output=True,
            text=True,
            env=_environment(GRPC_VERBOSITY="ERROR"),
            check=True,
        ).stderr
    assert "GOAWAY" in told


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_fault(closed: str) -> None:
    command = f"{sys.executable} -m node.cli search {closed}"
    told = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=_environment(), check=False)
    assert told.returncode == 2
    assert told.stderr == "" or "no node named" in told.stderr


def test_names_in_six_scripts_are_told_in_any_locale(tmp_path: Path) -> None:
    missing = tmp_path / "สมชาย.csv"
    told = subprocess.run(
        [sys.executable, "-m", "node.cli", "roster", "show", str(missing)],
        capture_output=True,
        env=_environment(PYTHONIOENCODING="ascii"),
        check=False,
    )
    assert told.returncode == 2
    assert "สมชาย.csv" in told.stderr.decode()
