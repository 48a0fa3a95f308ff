"""One real requester among fake owners: all that an officer of it sees of them, taken once for many tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from matcher.reading import person_from_json
from node.acts.found_federation import free_loopback_addresses
from node.v1 import operator_pb2
from tests.support.federation import RunningFederation, roomy_policy, wait_for
from tests.support.hostile_members import found_with_papers, paper_member, roster_of
from tests.support.hostile_owner import FakeOwner, FakeServers

REQUESTER = "cn"
SUBJECT = {"names": [{"text": "Thongsavanh Phommachanh"}], "birth_date": "1987-03-14"}
HEAD_SECONDS, STALE_SECONDS = 1, 6


@dataclass(slots=True)
class Scene:
    """A requester that follows fake owners, by their node ids."""

    running: RunningFederation
    fakes: dict[str, FakeOwner]
    settled: dict[str, operator_pb2.Peer] = field(default_factory=dict)
    answers: dict[str, operator_pb2.Answer] = field(default_factory=dict)

    def peer(self, kind: type[FakeOwner]) -> operator_pb2.Peer:
        """How the requester's officers see an owner now."""
        return next(peer for peer in self.running.peers(REQUESTER) if peer.node_id == kind.name())

    def search(self, *kinds: type[FakeOwner], seconds: float = 30.0) -> dict[str, operator_pb2.Answer]:
        """Search these owners for the subject."""
        import json

        request = operator_pb2.SearchRequest(
            query=json.dumps({"query_id": "q-1", **SUBJECT}).encode(),
            purpose="telecom-fraud",
            case_number="C-7",
            peers=[kind.name() for kind in kinds],
        )
        with self.running.officer(REQUESTER) as stub:
            result = stub.Search(request, timeout=seconds).result
        return {answer.node: answer for answer in result.answers}

    def settle(self, kinds: Sequence[type[FakeOwner]], seconds: float = 30.0) -> None:
        """Wait until the requester has made up its mind on each, then keep what it thinks."""

        def made_up() -> bool:
            peers = {peer.node_id: peer for peer in self.running.peers(REQUESTER)}
            self.settled = peers
            return all(peers[kind.name()].state not in ("", "syncing") for kind in kinds)

        undecided = [kind.name() for kind in kinds if self.peer(kind).state == "syncing"]
        wait_for(made_up, f"every fake owner is judged; at first not: {', '.join(undecided)}", seconds)

    def log(self) -> str:
        """The requester's whole log."""
        return self.running.node(REQUESTER).home.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def playing(directory: Path, kinds: Sequence[type[FakeOwner]]) -> Iterator[Scene]:
    """Found a requester among fake owners of these kinds, start all, and stop them at the end."""
    policy = replace(roomy_policy(), head_seconds=HEAD_SECONDS, stale_seconds=STALE_SECONDS)
    addresses = free_loopback_addresses(len(kinds))
    papers = [
        paper_member(kind.name(), str(address), constrained=False)
        for kind, address in zip(kinds, addresses, strict=True)
    ]
    federation = found_with_papers(directory, [REQUESTER], papers, policy)
    roster = roster_of(federation, REQUESTER)
    fields: dict[str, Any] = {"record_id": "R-1", "category": "wanted", **SUBJECT}
    _, person = person_from_json(fields, id_key="record_id")
    fakes = [kind(paper, roster, person, REQUESTER) for kind, paper in zip(kinds, papers, strict=True)]
    servers = FakeServers(fakes, [member.certificate_authority for member in roster.roster.members])
    scene = Scene(RunningFederation(federation), {fake.paper.node_id: fake for fake in fakes})
    try:
        scene.running.start()
        scene.running.wait_serving()
        yield scene
    finally:
        scene.running.stop()
        servers.close()
