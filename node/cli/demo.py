"""`lancang network demo`: six real nodes on this machine, invented people, real searches; every claim is checked.

Nothing is simulated but the geography. What it starts it ends, also when interrupted, unless --keep was given.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import typer

from node.acts.founding.found_federation import Federation, FederationNode
from node.cli.connection import SHORT_SECONDS, called
from node.cli.demo_people import PER_NODE, Person, invent
from node.cli.demo_story import Story
from node.cli.failures import usage
from node.cli.import_file import examine, send
from node.cli.invocation import DEFAULT_OFFICER, Invocation
from node.cli.lines import read_json_lines
from node.cli.network import ALL_MEMBERS, bring_up, found
from node.cli.processes import Started, end, start, stop, wait_until_in_sync
from node.cli.refusals import show_refusal
from node.cli.screen import console, waiting
from node.errors import Code, LancangError

_BUDGET = 100_000
_SETTLED_SECONDS = 20.0
_STEP_SECONDS = 0.1
DOWN = "mm"


@dataclass(slots=True)
class Stage:
    """The federation that is shown, and what must be ended afterwards."""

    directory: Path
    federation: Federation
    started: list[Started] = field(default_factory=list)

    def node(self, node_id: str) -> FederationNode:
        """One node of it."""
        return next(node for node in self.federation.nodes if node.node_id == node_id)


def run_demo(at: Invocation, keep: Path | None, seed: int) -> int:
    """Show it; return 0 only when everything that was promised happened."""
    if keep is not None and keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise usage(f"--keep: {keep} exists already and is not empty")
    begun = time.monotonic()
    with _stage(at, keep) as stage:
        people = _fill(at, stage, seed)
        story = Story(at, console(at), stage, people)
        story.search_the_five()
        story.search_the_other_way()
        story.show_six_scripts()
        story.search_by_name_alone()
        story.show_both_sides()
        story.go_on_after_the_hit()
        with _without(at, stage, DOWN, keep is not None):
            story.search_without(DOWN)
        failures = story.failures
        typer.echo(f"\nDone in {time.monotonic() - begun:.0f} s.")
        story.explain(keep)
    for failure in failures:
        typer.echo(f"lancang: the demo did not keep its promise: {failure}", err=True)
    return 1 if failures else 0


@contextlib.contextmanager
def _stage(at: Invocation, keep: Path | None) -> Iterator[Stage]:
    """Found a federation and bring it up; end its processes afterwards, and remove it, unless it is to be kept."""
    with _termination_as_interrupt():
        place = keep if keep is not None else Path(tempfile.mkdtemp(prefix="lancang-demo-"))
        stage: Stage | None = None
        done = False
        try:
            with waiting(at, "Founding six members: keys, certificates, a roster that all sign"):
                stage = Stage(place, found(place, ALL_MEMBERS, _BUDGET))
            stage.started = bring_up(at, stage.federation)
            names = ", ".join(node.node_id.upper() for node in stage.federation.nodes)
            typer.echo(f"Six nodes run on this machine, a process each, over mTLS: {names}.")
            yield stage
            done = True
        finally:
            if not (done and keep):
                _clear(stage, None if keep else place)


def _clear(stage: Stage | None, remove: Path | None) -> None:
    """End every process and remove the directory; a second Ctrl-C does not leave half of it behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    if stage is not None:
        stop(stage.federation.nodes)
        end(stage.started)
    if remove is not None:
        shutil.rmtree(remove, ignore_errors=True)


@contextlib.contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """Being terminated ends the demo as Ctrl-C does: with everything cleared away."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _fill(at: Invocation, stage: Stage, seed: int) -> dict[str, list[Person]]:
    """Invent a population for each node and import it there; return when all of it is in every peer's index."""
    people = {node.node_id: invent(node.node_id, seed) for node in stage.federation.nodes}
    begun = time.monotonic()
    with waiting(at, "Importing invented people into each node"):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda node: _import(stage, node, people[node.node_id]), stage.federation.nodes))
        _wait_until_settled(stage)
    typer.echo(
        f"Each holds {PER_NODE} invented people in its own script and sent the others an encrypted index "
        f"({time.monotonic() - begun:.1f} s)."
    )
    return people


def _import(stage: Stage, node: FederationNode, people: list[Person]) -> None:
    # Kept with the network, so that it can be imported again by hand.
    path = stage.directory / "people" / f"{node.node_id}.jsonl"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(b"".join(person.line + b"\n" for person in people))
    with called(node.home, DEFAULT_OFFICER) as stub:
        survey = examine(read_json_lines(path))
        result = send(
            stub, lambda: read_json_lines(path), survey, False, lambda _done: None, show_refusal, lambda _after: None
        )
    if result.added != len(people):
        raise LancangError(Code.INTERNAL, f"{node.node_id} took {result.added} of {len(people)} records")


def _wait_until_settled(stage: Stage) -> None:
    """Until every owner has sent all it has and every copy has stopped growing. Raises NODE_TIMEOUT."""
    until = time.monotonic() + _SETTLED_SECONDS
    before: dict[tuple[str, str], int] | None = None
    while True:
        behind, now = _positions(stage)
        if not behind and now == before:
            return
        if time.monotonic() > until:
            raise LancangError(Code.NODE_TIMEOUT, "the indexes did not reach all peers")
        before = now
        time.sleep(_STEP_SECONDS)


def _positions(stage: Stage) -> tuple[int, dict[tuple[str, str], int]]:
    from node.v1 import operator_pb2

    behind, seqs = 0, dict[tuple[str, str], int]()
    for node in stage.federation.nodes:
        with called(node.home, DEFAULT_OFFICER) as stub:
            behind += stub.GetStatus(operator_pb2.GetStatusRequest(), timeout=SHORT_SECONDS).unpublished_changes
            peers = stub.ListPeers(operator_pb2.ListPeersRequest(), timeout=SHORT_SECONDS).peers
        seqs |= {(node.node_id, peer.node_id): peer.seq for peer in peers}
    return behind, seqs


@contextlib.contextmanager
def _without(at: Invocation, stage: Stage, node_id: str, again: bool) -> Iterator[None]:
    """One node is down within the block; it comes back afterwards if the network is to be kept."""
    node = stage.node(node_id)
    stop([node])
    yield
    if again:
        stage.started += start([node])
        with waiting(at, f"Starting {node_id.upper()} again"):
            wait_until_in_sync(stage.federation.nodes, stage.started[-1:])
