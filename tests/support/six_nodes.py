"""Six national nodes with a few dozen records each, and what tests ask of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from node.v1 import operator_pb2
from tests.support import disk
from tests.support.federation import MEMBERS, RunningFederation, running_federation, wait_for
from tests.support.people import Line, invented, neighbours

NEIGHBOURS = 24


@dataclass(frozen=True, slots=True)
class SixNodes:
    """A loaded federation."""

    running: RunningFederation

    def search(self, requester: str, query: Line, **more: Any) -> operator_pb2.SearchResult:
        """Search as the requester's analyst."""
        return self.running.search(requester, query, **more)

    def answers(self, requester: str, query: Line, **more: Any) -> dict[str, operator_pb2.Answer]:
        """The answers of a search by node."""
        return {answer.node: answer for answer in self.search(requester, query, **more).answers}

    def answer(self, requester: str, owner: str, query: Line) -> operator_pb2.Answer:
        """What one owner's index says."""
        return self.search(requester, query, peers=[owner]).answers[0]

    def load(self, owner: str, records: Sequence[Line]) -> operator_pb2.ImportSummary:
        """Import records and wait until every running peer has them."""
        summary = self.running.load(owner, records)
        wait_spread(self.running, owner)
        return summary


def wait_spread(running: RunningFederation, owner: str) -> None:
    """Wait until every running peer's copy stands where the owner's chain does, with all changes in it."""
    wait_for(partial(running.published, owner), f"{owner} has published\n{running.log(owner)}")
    audiences = {one.node_id for one in running.peers(owner) if one.role == "member"}
    for peer, process in running.processes.items():
        if peer in audiences and process.poll() is None:
            wait_for(partial(_has_all, running, peer, owner), f"{peer} has all of {owner}\n{running.log(peer)}")


def _has_all(running: RunningFederation, peer: str, owner: str) -> bool:
    return disk.copied_seq(running.node(peer).home, owner) >= disk.chain(running.node(owner).home, peer).seq


@contextmanager
def six_nodes(directory: Path, seed: int) -> Iterator[SixNodes]:
    """Six members up and in sync, each with its people and their neighbours."""
    with running_federation(directory) as running:
        six = SixNodes(running)
        with ThreadPoolExecutor(len(MEMBERS)) as pool:
            loads = [pool.submit(running.load, owner, records_of(owner, seed)) for owner in MEMBERS]
            for done in loads:
                done.result()
        for owner in MEMBERS:
            wait_spread(running, owner)
        yield six


def records_of(owner: str, seed: int) -> list[Line]:
    """What a member holds at first."""
    return [person.record for person in invented(owner)] + neighbours(owner, NEIGHBOURS, seed)
