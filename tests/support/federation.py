"""A real federation for tests: every node a process, real mTLS, real databases; only the distance is missing.

Processes are started, killed and stopped by the handle that this module holds, never by name.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import grpc

from node.acts.founding.found_federation import Federation, FederationNode, found_federation
from node.cli.connection import called, channel_to
from node.clock import SystemClock
from node.errors import LancangError
from node.model.roster import Alarms, Policy
from node.roster.policy_defaults import default_policy, with_daily_budget
from node.v1 import operator_pb2, operator_pb2_grpc

MEMBERS = ("cn", "kh", "la", "mm", "th", "vn")
PLENTY = 50_000_000
PATIENCE_SECONDS = 60.0
SILENT = Alarms(
    night_asks=1_000_000, rate_asks=1_000_000, officer_asks=1_000_000, single_ask_cases=1_000_000,
    dates_per_name=1_000_000, names_per_date=1_000_000, possible_hits=1_000_000, budget_refusals=1_000_000,
    numbers_alike=1_000_000,
)  # fmt: skip
PR_SET_PDEATHSIG = 1


def wait_for(reached: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Await a condition; AssertionError naming it when it isn't reached."""
    until = time.monotonic() + seconds
    pause = 0.02
    while not reached():
        if time.monotonic() > until:
            raise AssertionError(f"not reached in {seconds:.0f} s: {what}")
        # Polling is the only way to await another process; nothing is assumed of how long it takes. Asking less and
        # less often leaves the cores to the nodes: a question to an officer's socket is a TLS handshake.
        time.sleep(pause)
        pause = min(0.2, pause * 1.25)


def roomy_policy() -> Policy:
    """The default policy with budgets that no ordinary test reaches, and alarms that none raises."""
    return replace(with_daily_budget(default_policy(), PLENTY), alarms=SILENT)


def _die_with_the_test() -> None:
    """A test run that is killed leaves no nodes behind: they get SIGKILL when the process that started them ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass(slots=True)
class RunningFederation:
    """A federation and its processes. program: a module that runs a node, in place of `lancang node run`."""

    federation: Federation
    environment: Mapping[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    program: Sequence[str] = ()

    def node(self, node_id: str) -> FederationNode:
        """The node of that id."""
        return next(node for node in self.federation.nodes if node.node_id == node_id)

    def start(self, *node_ids: str, extra: Mapping[str, str] | None = None) -> None:
        """Start these nodes, or all that don't run."""
        for node_id in node_ids or [node.node_id for node in self.federation.nodes]:
            running = self.processes.get(node_id)
            if running is None or running.poll() is not None:
                self.processes[node_id] = self._spawn(self.node(node_id), extra or {})

    def _spawn(self, node: FederationNode, extra: Mapping[str, str]) -> subprocess.Popen[bytes]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("LANCANG_")}
        environment |= {"LANCANG_SECRET_FILE": str(node.secret_file), **self.environment, **extra}
        node.home.log.parent.mkdir(parents=True, exist_ok=True)
        # A node that was killed could not take back what it told of itself.
        node.home.run.unlink(missing_ok=True)
        with node.home.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *self._program(node)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
                preexec_fn=_die_with_the_test,  # noqa: PLW1509 - it only asks the kernel for a signal
            )

    def _program(self, node: FederationNode) -> Sequence[str]:
        home = str(node.home.path)
        return (*self.program, home) if self.program else ("node.cli", "--home", home, "node", "run")

    def wait_serving(self, *node_ids: str) -> None:
        """Wait until these nodes (or all) serve their officers."""
        for node_id in node_ids or [node.node_id for node in self.federation.nodes]:
            wait_for(partial(self._serves, node_id), f"{node_id} serves\n{self.log(node_id)}")

    def _serves(self, node_id: str) -> bool:
        process = self.processes[node_id]
        if process.poll() is not None:
            raise AssertionError(f"{node_id} ended with {process.returncode}\n{self.log(node_id)}")
        try:
            with self.officer(node_id) as stub:
                stub.GetStatus(operator_pb2.GetStatusRequest(), timeout=2.0)
        except LancangError:
            return False
        return True

    def wait_in_sync(self, *node_ids: str) -> None:
        """Wait until these nodes (or all) follow every other node's index."""
        for node_id in node_ids or [node.node_id for node in self.federation.nodes]:
            wait_for(partial(self._in_sync, node_id), f"{node_id} is in sync\n{self.log(node_id)}")

    def _in_sync(self, node_id: str) -> bool:
        return self._serves(node_id) and all(peer.state in {"in-sync", "no-index"} for peer in self.peers(node_id))

    def peers(self, node_id: str) -> Sequence[operator_pb2.Peer]:
        """A node's peers as it sees them."""
        with self.officer(node_id) as stub:
            return list(stub.ListPeers(operator_pb2.ListPeersRequest(), timeout=5.0).peers)

    def published(self, owner: str) -> bool:
        """Whether every change at an owner has been sent to every audience and arrived there."""
        with self.officer(owner) as stub:
            if stub.GetStatus(operator_pb2.GetStatusRequest(), timeout=5.0).unpublished_changes:
                return False
        return True

    @contextmanager
    def officer(self, node_id: str, officer: str = "analyst") -> Iterator[operator_pb2_grpc.OperatorServiceStub]:
        """The operator service of a node, called as one of its officers."""
        with called(self.node(node_id).home, officer) as stub:
            yield stub

    @contextmanager
    def officer_channel(self, node_id: str, officer: str) -> Iterator[grpc.Channel]:
        """A channel to a node as one of its officers, for the stub of any operator's service."""
        with channel_to(self.node(node_id).home, officer) as channel:
            yield channel

    def search(self, node_id: str, query: Mapping[str, Any], *, case: str = "C-1", peers: Sequence[str] = (),
               purpose: str = "telecom-fraud") -> operator_pb2.SearchResult:  # fmt: skip
        """Search one subject as the node's analyst."""
        request = operator_pb2.SearchRequest(
            query=json.dumps({"query_id": "q-1", **query}).encode(), purpose=purpose, case_number=case, peers=peers
        )
        with self.officer(node_id) as stub:
            return stub.Search(request, timeout=60.0).result

    def load(self, node_id: str, records: Sequence[Mapping[str, Any]]) -> operator_pb2.ImportSummary:
        """Import records as the node's analyst."""
        lines = [json.dumps(record, ensure_ascii=False).encode() for record in records]
        header = operator_pb2.ImportHeader(digest=os.urandom(32), total_lines=len(lines))

        def requests() -> Iterator[operator_pb2.ImportRecordsRequest]:
            yield operator_pb2.ImportRecordsRequest(header=header)
            for at in range(0, len(lines), 500):
                part = operator_pb2.ImportLines(first_line=at + 1, lines=lines[at : at + 500])
                yield operator_pb2.ImportRecordsRequest(lines=part)

        summary = operator_pb2.ImportSummary()
        with self.officer(node_id) as stub:
            for response in stub.ImportRecords(requests(), timeout=600.0):
                if response.WhichOneof("message") == "summary":
                    summary = response.summary
        return summary

    def acts(self, node_id: str) -> Sequence[operator_pb2.Act]:
        """A node's log, as its auditor reads it."""
        found: list[operator_pb2.Act] = []
        with self.officer(node_id, "auditor") as stub:
            while True:
                after = found[-1].number if found else 0
                page = stub.ListActs(operator_pb2.ListActsRequest(after=after, limit=1000), timeout=10.0).acts
                if not page:
                    return found
                found += page

    def command(self, *arguments: str, stdin: str = "", home: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run `lancang` as a person would; home: a node id."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("LANCANG_")}
        where = ["--home", str(self.node(home).home.path)] if home else []
        return subprocess.run(
            [sys.executable, "-m", "node.cli", *where, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=environment,
            timeout=120,
            check=False,
        )

    def process_of(self, node_id: str) -> subprocess.Popen[bytes]:
        """The process that this federation started for a node."""
        return self.processes[node_id]

    def wait_fault(self, node_id: str, peer: str, code: str) -> None:
        """Wait until a node names a peer's fault."""

        def named() -> bool:
            return any(one.node_id == peer and one.code == code for one in self.peers(node_id))

        wait_for(named, f"{node_id} names {code} of {peer}")

    def kill(self, node_id: str) -> None:
        """End a node at once, as a power cut would."""
        process = self.processes[node_id]
        process.kill()
        process.wait()

    def stop(self) -> None:
        """End all nodes; one that doesn't drain in time is killed."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log(self, node_id: str) -> str:
        """The end of a node's log."""
        path = self.node(node_id).home.log
        return "\n".join(path.read_text(errors="replace").splitlines()[-12:]) if path.exists() else "(no log)"


@contextmanager
def running_federation(
    directory: Path, members: Sequence[str] = MEMBERS, policy: Policy | None = None,
    environment: Mapping[str, str] | None = None, program: Sequence[str] = (),
) -> Iterator[RunningFederation]:  # fmt: skip
    """Found a federation in directory, start it, and stop it at the end."""
    founded = found_federation(directory, members, policy or roomy_policy(), SystemClock().now_ms())
    running = RunningFederation(founded, environment or {}, program=program)
    try:
        running.start()
        running.wait_serving()
        running.wait_in_sync()
        yield running
    finally:
        running.stop()
