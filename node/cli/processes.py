"""Nodes as background processes of this machine: started, waited for, stopped. For federations of `network` only.

A process is known by its pid *and* by its command line naming its home: a pid alone may have passed to a stranger.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from node.acts.founding.found_federation import FederationNode
from node.cli.connection import called
from node.cli.invocation import DEFAULT_OFFICER
from node.cli.running import is_node_of, running
from node.errors import Code, LancangError

UP_SECONDS = 60.0
DOWN_SECONDS = 20.0
_STEP_SECONDS = 0.1
_TAIL_LINES = 8
# Settings of one node in the environment would be those of all six.
_PASSED_ON = frozenset({"LANCANG_TEST_CLOCK", "LANCANG_LOG_LEVEL", "LANCANG_DEBUG"})


@dataclass(frozen=True, slots=True)
class Started:
    """A node process that this command started."""

    node: FederationNode
    process: subprocess.Popen[bytes]


def start(nodes: Iterable[FederationNode]) -> list[Started]:
    """Start the nodes that do not run, in the background, each in a session of its own."""
    return [Started(node, _spawn(node)) for node in nodes if running(node.home) is None]


def _spawn(node: FederationNode) -> subprocess.Popen[bytes]:
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("LANCANG_") or key in _PASSED_ON
    }
    environment["LANCANG_SECRET_FILE"] = str(node.secret_file.resolve())
    node.home.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [sys.executable, "-m", "node.cli", "--home", str(node.home.path.resolve()), "node", "run"]
    with os.fdopen(os.open(node.home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            # The console's Ctrl-C is for the command, not for the nodes it leaves behind.
            start_new_session=True,
        )


def wait_until_in_sync(
    nodes: Sequence[FederationNode], started: Sequence[Started], seconds: float = UP_SECONDS
) -> None:
    """Return when all serve and every pair's index is in sync. Raises NODE_TIMEOUT or NODE_NOT_RUNNING with the log."""
    waiting = list(nodes)
    why: dict[str, str] = {}
    until = time.monotonic() + seconds
    while waiting:
        for one in started:
            if one.process.poll() is not None:
                raise LancangError(Code.NODE_NOT_RUNNING, _ended(one))
        still = []
        for node in waiting:
            behind = _behind(node)
            if behind:
                still.append(node)
                why[node.node_id] = behind
        waiting = still
        if waiting and time.monotonic() > until:
            listed = "\n".join(f"  {node.node_id}: {why[node.node_id]}" for node in waiting)
            raise LancangError(
                Code.NODE_TIMEOUT,
                f"not in sync after {seconds:.0f} s\n{listed}\n{tail(waiting[0])}",
                remedy="See the logs (log/node.log in each home); `lancang network up` goes on where this ended.",
            )
        if waiting:
            time.sleep(_STEP_SECONDS)


def _ended(one: Started) -> str:
    return f"{one.node.node_id} ended while starting, with {one.process.returncode}\n{tail(one.node)}"


def _behind(node: FederationNode) -> str:
    """Why a node is not in sync yet; empty when it is."""
    from node.v1 import operator_pb2

    try:
        with called(node.home, DEFAULT_OFFICER) as stub:
            peers = stub.ListPeers(operator_pb2.ListPeersRequest(), timeout=5.0).peers
    except LancangError as problem:
        if problem.code in (Code.NODE_NOT_RUNNING, Code.NODE_UNREACHABLE, Code.NODE_TIMEOUT):
            return "does not serve yet"
        raise
    late = [f"{peer.node_id} {peer.state} {peer.code} {peer.reason}".strip() for peer in peers if _late(peer)]
    return ", ".join(late)


def _late(peer: object) -> bool:
    # Whom an administrator has suspended is not waited for.
    state = getattr(peer, "state", "")
    return getattr(peer, "role", "") == "member" and state not in {"in-sync", "no-index", "suspended"}


def stop(nodes: Iterable[FederationNode], seconds: float = DOWN_SECONDS) -> list[str]:
    """Ask the nodes to end (SIGTERM), then make them after so many seconds. Returns the ids of those that ran."""
    pids = {node.node_id: found.pid for node in nodes if (found := running(node.home)) is not None}
    alive = {node.node_id: node for node in nodes if node.node_id in pids}
    for pid in pids.values():
        _signal(pid, signal.SIGTERM)
    gone = _wait(lambda: not any(is_node_of(pids[name], node.home) for name, node in alive.items()), seconds)
    if not gone:
        for name, node in alive.items():
            if is_node_of(pids[name], node.home):
                _signal(pids[name], signal.SIGKILL)
        _wait(lambda: not any(is_node_of(pids[name], node.home) for name, node in alive.items()), 5.0)
    return list(pids)


def end(started: Iterable[Started], seconds: float = DOWN_SECONDS) -> None:
    """End processes this command itself started, told of in their home or not yet, and reap them."""
    children = [one.process for one in started]
    for child in children:
        if child.poll() is None:
            child.terminate()
    until = time.monotonic() + seconds
    for child in children:
        try:
            child.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def tail(node: FederationNode, lines: int = _TAIL_LINES) -> str:
    """The last lines of a node's log."""
    try:
        with node.home.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 16_384))
            text = log.read().decode(errors="replace")
    except OSError:
        return "  (no log)"
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:]) or "  (its log is empty)"


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _wait(reached: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > until:
            return False
        time.sleep(_STEP_SECONDS)
    return True
