"""Owners whose index is larger than the policy allows: no requester makes room for it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from node.errors import Code
from node.exchange.index_size import most_in_chain, most_in_snapshot
from node.exchange.terms import Terms
from node.model.batch import ChainPosition
from node.roster.policy_defaults import default_policy
from node.wire import matching as wire
from tests.support.federation import wait_for
from tests.support.hostile_owner import FakeOwner, Honest, Said
from tests.support.hostile_scene import REQUESTER, playing
from tests.support.hostile_streams import StreamingWrongly
from tests.unit.exchange.builders import REAL_TERMS

RECORDS = 1_000
"""One multiple of a snapshot."""


class SnapshotOfTwiceTheSize(FakeOwner):
    """Announces twice as many postings as the policy has room for."""

    code: ClassVar[str] = Code.INDEX_FAULT

    def beginning(self, position: ChainPosition | None) -> Iterator[Said]:
        postings = 2 * self.chain.info.postings
        info = dataclasses.replace(self.chain.info, postings=postings, chunk_hashes=(bytes(32),))
        yield wire.opening_to_message(self.scope, self.chain.snapshot.secret, info)
        self.closed.wait(20)


class DeltasWithoutEnd(StreamingWrongly):
    """Sends good deltas, one after the other, for as long as anybody takes them."""

    code: ClassVar[str] = Code.INDEX_FAULT

    def __post_init__(self) -> None:
        super().__post_init__()
        self.made = [self.one, self.two]

    def next(self, seq: int) -> Iterator[Said]:
        while not self.closed.is_set():
            while seq >= len(self.made):
                self.made.append(self.chain.publish())
            yield from self.said(self.made[seq])
            seq += 1


def test_more_than_the_policy_has_room_for_is_refused_and_reported(tmp_path: Path) -> None:
    kinds = (Honest, SnapshotOfTwiceTheSize, DeltasWithoutEnd)
    with playing(tmp_path / "f", kinds, index_records=RECORDS) as scene:
        scene.settle(kinds, 60)
        for kind in kinds:
            assert scene.settled[kind.name()].code == kind.code
        policy = scene.fakes[Honest.name()].roster.roster.policy
        most = most_in_chain(policy, scene.fakes[DeltasWithoutEnd.name()].statement().statement)
        held = scene.peer(DeltasWithoutEnd).postings
        assert most - REAL_TERMS.postings_per_record * REAL_TERMS.records_per_delta * 256 < held <= most
        # It comes back, and gets no further.
        wait_for(lambda: scene.fakes[DeltasWithoutEnd.name()].streams >= 3, "the requester comes back")
        assert scene.peer(DeltasWithoutEnd).postings == held
        for kind in kinds[1:]:
            acts = [
                act for act in scene.running.acts(REQUESTER) if (act.kind, act.peer) == ("index-refused", kind.name())
            ]
            assert {json.loads(act.detail)["code"] for act in acts} == {Code.INDEX_FAULT}


def test_the_default_has_room_for_the_records_of_a_large_country() -> None:
    policy = default_policy()
    terms = Terms(policy.postings_per_record, policy.records_per_delta, policy.list_cap, policy.ask_size)
    assert policy.index_records * policy.postings_per_record <= most_in_snapshot(policy, terms) < 2**32
