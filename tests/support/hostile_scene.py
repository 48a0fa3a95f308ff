"""One real requester among fake owners: all that an officer of it sees of them, taken once for many tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from matcher.reading import person_from_json
from node.acts.founding.found_federation import Federation, free_loopback_addresses
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
        """Wait until the requester has found each owner out, as far as it can without asking; keep what it thinks.

        One whom it does not find out fails that owner's own test, not the others.
        """

        def found_out() -> bool:
            self.settled = {peer.node_id: peer for peer in self.running.peers(REQUESTER)}
            return all(self._as_expected(kind) for kind in kinds)

        with suppress(AssertionError):
            wait_for(found_out, "every fake owner is found out", seconds)

    def _as_expected(self, kind: type[FakeOwner]) -> bool:
        peer = self.settled[kind.name()]
        if not kind.code or kind.shows_in_answers:
            return peer.state == "in-sync"
        return peer.code == kind.code

    def log(self) -> str:
        """The requester's whole log."""
        return self.running.node(REQUESTER).home.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def playing(
    directory: Path,
    kinds: Sequence[type[FakeOwner]],
    equip: Callable[[Mapping[str, FakeOwner], Federation], None] = lambda _fakes, _federation: None,
    **rules: Any,
) -> Iterator[Scene]:
    """Found a requester among fake owners of these kinds, equip and start all, and stop them at the end.

    rules: what the policy says otherwise.
    """
    policy = replace(roomy_policy(), **{"head_seconds": HEAD_SECONDS, "stale_seconds": STALE_SECONDS, **rules})
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
    equip({fake.paper.node_id: fake for fake in fakes}, federation)
    servers = FakeServers(fakes, [member.certificate_authority for member in roster.roster.members])
    scene = Scene(RunningFederation(federation), {fake.paper.node_id: fake for fake in fakes})
    try:
        scene.running.start()
        scene.running.wait_serving()
        yield scene
    finally:
        scene.running.stop()
        servers.close()
