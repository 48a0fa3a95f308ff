"""Subscribing to a real owner's index: from nothing, from the middle, from a place that never was."""

from __future__ import annotations

import json
from collections.abc import Iterator

import grpc
import pytest

from node.exchange.batch import delta_hash, snapshot_hash
from node.exchange.chain import ChainState, SnapshotIntake, accept_head, apply_delta
from node.exchange.head import verify_head
from node.exchange.terms import Terms
from node.model.batch import ChainPosition, Delta, Head
from node.model.scope import Scope
from node.v1 import common_pb2, matching_pb2
from node.wire.matching import delta_from_message, head_from_message, opening_from_message
from tests.support.hostile_calls import Caller, stream_refusal_of
from tests.support.hostile_members import ALLIANCE
from tests.support.hostile_target import SUBSCRIBE, TARGET, Target, statement_of
from tests.unit.exchange.builders import DictLookup

PUBLISHED = 3
SCOPE = Scope(ALLIANCE, TARGET, "cn", 1)


def request(epoch: int = 1, position: ChainPosition | None = None) -> bytes:
    """A subscription."""
    message = matching_pb2.SubscribeIndexRequest(epoch=epoch)
    if position is not None:
        message.position.CopyFrom(common_pb2.ChainPosition(seq=position.seq, hash=position.hash))
    return message.SerializeToString()


class Follower:
    """Follows a stream by the rules of the exchange alone, without a node."""

    def __init__(self, target: Target, caller: Caller, scope: Scope = SCOPE) -> None:
        self.owner_key, self.scope = target.signing_key(), scope
        self.state = ChainState(scope, Terms.of(statement_of(caller)))
        self.salt = b""
        self.deltas: list[Delta] = []
        self.positions: list[ChainPosition] = []
        self.taken = DictLookup()

    def follow(self, messages: Iterator[bytes], seq: int = PUBLISHED) -> Head:
        """Take messages until a head vouches for batch seq."""
        intake: SnapshotIntake | None = None
        for data in messages:
            message = matching_pb2.SubscribeIndexResponse.FromString(data)
            kind = message.WhichOneof("message")
            if kind == "opening":
                self.salt, info = opening_from_message(message.opening, self.scope)
                if info is not None:
                    intake = SnapshotIntake(self.state, info)
                    self.positions.append(ChainPosition(0, snapshot_hash(info)))
            elif kind == "snapshot_chunk":
                assert intake is not None
                self.taken.add(*intake.take(message.snapshot_chunk))
            elif kind == "delta":
                delta = delta_from_message(message.delta, self.scope)
                applied = apply_delta(self.state, delta, self.taken)
                self.state = applied.state
                self.taken.add(applied.labels, applied.masked)
                self.deltas.append(delta)
                self.positions.append(ChainPosition(delta.seq, delta_hash(delta)))
            else:
                head = head_from_message(message.head, self.scope)
                verify_head(head, self.scope, self.owner_key)
                if intake is not None:
                    self.state, intake = intake.finish(), None
                self.state = accept_head(self.state, head)
                if head.seq >= seq:
                    return head
        raise AssertionError(f"the stream ended before batch {seq}")


def followed(target: Target, caller: Caller) -> Follower:
    """Who has followed the whole chain once."""
    follower = Follower(target, caller)
    follower.follow(caller.stream(SUBSCRIBE, request()))
    return follower


def test_a_chain_is_served_whole_and_checks(target: Target) -> None:
    with target.member("cn") as caller:
        follower = followed(target, caller)
    assert [position.seq for position in follower.positions] == [0, 1, 2, 3]
    assert len({len(delta.postings) for delta in follower.deltas}) == 1
    assert len(follower.salt) == 32


@pytest.mark.parametrize("seq", [0, 1, 2])
def test_a_stream_resumes_in_the_middle(target: Target, seq: int) -> None:
    with target.member("cn") as caller:
        before = followed(target, caller)
        stream = caller.stream(SUBSCRIBE, request(position=before.positions[seq]))
        opening = matching_pb2.SubscribeIndexResponse.FromString(next(stream)).opening
        later = [matching_pb2.SubscribeIndexResponse.FromString(next(stream)) for _ in range(PUBLISHED - seq)]
    assert (opening.resumed, opening.salt, opening.snapshot_postings) == (True, before.salt, 0)
    assert [message.delta.seq for message in later] == list(range(seq + 1, PUBLISHED + 1))
    assert [message.delta.postings for message in later] == [delta.postings for delta in before.deltas[seq:]]


def test_a_stream_resumed_at_its_end_gives_a_head_at_once(target: Target) -> None:
    with target.member("cn") as caller:
        before = followed(target, caller)
        stream = caller.stream(SUBSCRIBE, request(position=before.positions[-1]))
        next(stream)
        head = matching_pb2.SubscribeIndexResponse.FromString(next(stream)).head
    assert (head.seq, head.hash) == (before.positions[-1].seq, before.positions[-1].hash)


@pytest.mark.parametrize("epoch", [0, 2, 2**32 - 1])
def test_an_unknown_epoch_is_refused(target: Target, epoch: int) -> None:
    with target.member("cn") as caller:
        refusal = stream_refusal_of(caller.stream(SUBSCRIBE, request(epoch)))
    assert (refusal.code, refusal.status) == ("LCG-305", grpc.StatusCode.NOT_FOUND)


@pytest.mark.parametrize("seq", [0, 1, 3])
def test_an_unknown_hash_is_a_fork(target: Target, seq: int) -> None:
    with target.member("cn") as caller:
        refusal = stream_refusal_of(caller.stream(SUBSCRIBE, request(position=ChainPosition(seq, bytes(32)))))
    assert refusal.code == "LCG-408"


@pytest.mark.parametrize("seq", [PUBLISHED + 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_a_position_beyond_the_head_is_a_fork(target: Target, seq: int) -> None:
    with target.member("cn") as caller:
        known = followed(target, caller).positions[-1].hash
        refusal = stream_refusal_of(caller.stream(SUBSCRIBE, request(position=ChainPosition(seq, known))))
    assert refusal.code == "LCG-408"


def test_a_position_that_never_was_is_kept_as_an_act(target: Target) -> None:
    before = len(target.acts("refusal", "la"))
    with target.member("la") as caller:
        stream_refusal_of(caller.stream(SUBSCRIBE, request(position=ChainPosition(2**64 - 1, bytes(32)))))
    kept = [json.loads(act.detail) for act in target.acts("refusal", "la")[before:]]
    assert [(act["code"], act["asked_seq"], act["seq"]) for act in kept] == [("LCG-408", str(2**64 - 1), PUBLISHED)]


def test_another_audiences_position_is_a_fork(target: Target) -> None:
    with target.member("cn") as caller:
        mine = followed(target, caller).positions[1]
    with target.member("la") as caller:
        assert stream_refusal_of(caller.stream(SUBSCRIBE, request(position=mine))).code == "LCG-408"


def test_a_position_with_a_short_hash_is_malformed(target: Target) -> None:
    with target.member("cn") as caller:
        refusal = stream_refusal_of(caller.stream(SUBSCRIBE, request(position=ChainPosition(1, b"short"))))
    assert refusal.code == "LCG-412"


def test_two_streams_at_once_tell_the_same(target: Target) -> None:
    with target.member("cn") as caller:
        first, second = Follower(target, caller), Follower(target, caller)
        streams = caller.stream(SUBSCRIBE, request()), caller.stream(SUBSCRIBE, request())
        first.follow(streams[0])
        second.follow(streams[1])
        # Both live on: the next head comes on each, a second later.
        assert first.follow(streams[0]).hash == second.follow(streams[1]).hash
    assert (first.salt, first.positions) == (second.salt, second.positions)


def test_two_audiences_are_served_nothing_in_common(target: Target) -> None:
    with target.member("cn") as caller:
        mine = followed(target, caller)
    with target.member("la") as caller:
        other = Follower(target, caller, Scope(ALLIANCE, TARGET, "la", 1))
        other.follow(caller.stream(SUBSCRIBE, request()))
    assert mine.salt != other.salt
    assert not mine.taken.postings.keys() & other.taken.postings.keys()


def test_a_stream_ends_well_before_its_deadline(target: Target) -> None:
    """Who subscribes for six seconds gets one, and then a regular end: time to come back."""
    with target.member("cn") as caller:
        messages = list(caller.stream(SUBSCRIBE, request(), seconds=6.0))
    last = matching_pb2.SubscribeIndexResponse.FromString(messages[-1])
    assert last.WhichOneof("message") == "head"


def test_every_subscription_is_logged(target: Target) -> None:
    before = len(target.acts("index-served", "cn"))
    with target.member("cn") as caller:
        followed(target, caller)
    assert len(target.acts("index-served", "cn")) == before + 1
