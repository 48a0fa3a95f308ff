"""Ceremonies around the roster as people hold them: commands typed at each member's machine, a file carried between."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from typer.testing import CliRunner

from node.acts.founding.found_federation import FederationNode
from node.cli.main import app
from node.config import Address, Home
from node.errors import LancangError
from node.model.roster import SignedRoster
from node.roster.documents import parse_signed
from node.v1 import operator_pb2
from tests.support.federation import RunningFederation
from tests.support.people import Line

CLEAN = {"LANCANG_HOME": None, "LANCANG_SECRET": None, "LANCANG_SECRET_FILE": None, "LANCANG_OFFICER": None}


def typed(*arguments: str | Path, home: Path | None = None, code: int = 0, stdin: str | None = None) -> str:
    """Type a command, in this process: what it prints. AssertionError unless it ends with code."""
    at = ["--home", str(home)] if home is not None else []
    done = CliRunner(env=CLEAN).invoke(app, [*at, *map(str, arguments)], input=stdin)
    assert done.exit_code == code, f"{arguments}: {done.exit_code}\n{done.output}"
    return done.output


@dataclass(slots=True)
class Ceremony:
    """One change of the roster on its way round. folder: where the file lies between the machines."""

    running: RunningFederation
    folder: Path

    def home(self, node_id: str) -> Path:
        """A member's home."""
        return self.running.node(node_id).home.path

    def in_force(self, node_id: str) -> SignedRoster:
        """The roster that a running node goes by."""
        with self.running.officer(node_id) as stub:
            told = stub.GetRoster(operator_pb2.GetRosterRequest(), timeout=5.0)
        return parse_signed(told.signed_roster)

    def draft(self, base: str, *changes: str | Path) -> Path:
        """Draft the successor of what `base` holds."""
        before = self.folder / "before.json"
        before.write_text(typed("roster", "show", "--json", home=self.home(base)), encoding="utf-8")
        version = parse_signed(before.read_bytes()).roster.version + 1
        draft = self.folder / f"roster-{version}.json"
        draft.unlink(missing_ok=True)
        typed("roster", "draft", "--previous", before, *changes, "--out", draft)
        return draft

    def sign(self, draft: Path, signers: Iterable[str]) -> None:
        """Let each of these sign it at its own machine."""
        for node_id in signers:
            typed("roster", "sign", draft, home=self.home(node_id))

    def holds(self, node_id: str, version: int) -> bool:
        """Whether a running node goes by this version."""
        return self.in_force(node_id).roster.version == version

    def waits(self, node_id: str) -> bool:
        """Whether a newer roster waits at a node, as its doctor tells."""
        return "roster to take up" in self.checks(node_id)

    def checks(self, node_id: str) -> dict[str, str]:
        """What a node's doctor finds, by check."""
        with self.running.officer(node_id) as stub:
            checks = stub.RunDoctor(operator_pb2.RunDoctorRequest(), timeout=20.0).checks
        return {check.name: check.finding for check in checks}

    def accept(self, draft: Path, node_ids: Iterable[str]) -> None:
        """Let the administrators of these running nodes take it up, one after the other."""
        for node_id in node_ids:
            typed("roster", "accept", draft, "--yes", home=self.home(node_id))


@dataclass(slots=True)
class Searches:
    """What searches that ran beside something found. outcomes: each answer as (owner, outcome, code)."""

    made: int = 0
    outcomes: set[tuple[str, str, str]] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)


@contextmanager
def searching(running: RunningFederation, requester: str, query: Line, peers: Sequence[str] = ()) -> Iterator[Searches]:
    """Search one after the other within the block. Raises nothing: what failed is in the result."""
    found, over = Searches(), threading.Event()

    def run() -> None:
        while not over.is_set():
            try:
                answers = running.search(requester, query, peers=peers).answers
            except LancangError as problem:
                found.failures.append(str(problem))
                continue
            found.made += 1
            found.outcomes |= {(answer.node, answer.outcome, answer.code) for answer in answers}
            # A breath between two searches: the cores are for the nodes that change.
            over.wait(0.2)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


@contextmanager
def joined_by_hand(running: RunningFederation, node_id: str) -> Iterator[FederationNode]:
    """One more home beside a federation, founded as docs/operations.md does it; not in any roster yet, not started."""
    before = running.federation
    last = before.nodes[-1].endpoint
    number = int(last.host.rpartition(".")[2]) + len(before.nodes)
    endpoint = Address(f"{last.host.rpartition('.')[0]}.{number}", last.port)
    secret = before.directory / "secrets" / node_id
    secret.touch(0o600)
    secret.write_text(secrets.token_urlsafe(32), encoding="ascii")
    home = before.directory / node_id
    at = ("--node-id", node_id, "--alliance", before.alliance, "--listen", str(endpoint), "--secret-file", secret)
    typed("node", "init", *at, home)
    node = FederationNode(node_id, Home(home), endpoint, secret)
    running.federation = replace(before, nodes=(*before.nodes, node))
    try:
        yield node
    finally:
        running.federation = before
        process = running.processes.pop(node_id, None)
        if process is not None:
            process.kill()
            process.wait()
