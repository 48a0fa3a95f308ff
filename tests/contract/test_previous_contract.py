"""A peer of the contract before: what it wrote is read as it was meant, and a search among it and us works."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from node.model.ask import Ask, AskAnswer
from node.model.batch import ChainPosition, Delta, Head, SnapshotInfo
from node.model.scope import Scope
from node.model.session import REQUIRED, Greeting
from node.v1 import matching_pb2, session_pb2
from node.wire import matching as wire
from node.wire.session import check_hello, epoch_from_message, epoch_to_message, greeting_from_message
from tests.support.hostile_scene import playing
from tests.support.previous_contract import PreviousContract

RECORDED = json.loads((Path(__file__).parent / "recorded" / "contract_1.json").read_text())
SCOPE = Scope("mekong", "th", "cn", 3)


def said(name: str, message: type[Any]) -> Any:
    """A recorded message, read by today's contract; nothing of it may be unknown today."""
    data = bytes.fromhex(RECORDED[name])
    read = message.FromString(data)
    assert read.SerializeToString(deterministic=True) == data
    return read


def index(name: str) -> matching_pb2.SubscribeIndexResponse:
    found: matching_pb2.SubscribeIndexResponse = said(name, matching_pb2.SubscribeIndexResponse)
    return found


def test_what_a_requester_said_is_read_as_it_was_meant() -> None:
    hello = said("HelloRequest", session_pb2.HelloRequest)
    check_hello(hello)
    assert (hello.roster_version, hello.own_epochs_from) == (1, 0)
    assert said("ListEpochsRequest", session_pb2.ListEpochsRequest).from_epoch == 1
    request = said("SubscribeIndexRequest", matching_pb2.SubscribeIndexRequest)
    assert (request.epoch, wire.position_from_request(request)) == (3, ChainPosition(7, b"b" * 32))
    ask = wire.ask_from_message(said("AskRequest", matching_pb2.AskRequest))
    assert ask == Ask(
        scope=SCOPE, search_id=b"s" * 16, purpose="telecom-fraud", case=b"c" * 16, commit=b"m" * 32,
        elements=tuple(bytes([i]) * 32 for i in range(64)), ask_id=b"a" * 32, signature=b"g" * 64, officer="0f" * 16,
    )  # fmt: skip


def test_what_an_owner_said_is_read_as_it_was_meant() -> None:
    greeting = greeting_from_message(said("HelloResponse", session_pb2.HelloResponse))
    assert greeting == Greeting("th", "0.1.0", 1, REQUIRED, 1, b"r" * 32, b"t" * 32, 1_800_000_000_002)
    (listed,) = said("ListEpochsResponse", session_pb2.ListEpochsResponse).epochs
    signed = epoch_from_message(listed)
    assert (signed.statement.owner, signed.statement.epoch, signed.statement.list_cap) == ("th", 1, 256)
    assert epoch_to_message(signed) == listed
    answer = wire.answer_from_message(said("AskResponse", matching_pb2.AskResponse))
    assert answer == AskAnswer(
        ask_id=b"a" * 32, evaluated=tuple(bytes([i + 64]) * 32 for i in range(64)), proof=b"d" * 64,
        public_key=b"p" * 32, ms=1_800_000_000_001, signature=b"g" * 64,
    )  # fmt: skip


def test_an_index_is_read_as_it_was_meant() -> None:
    snapshot = SnapshotInfo(SCOPE, 1_800_000_000_003, 24_576, (b"h" * 32,))
    assert wire.opening_from_message(index("opening").opening, SCOPE) == (b"S" * 32, snapshot)
    assert wire.opening_from_message(index("resumed").opening, SCOPE) == (b"S" * 32, None)
    assert index("chunk").snapshot_chunk == bytes(range(64))
    delta = Delta(SCOPE, 1, 1_800_000_000_004, b"v" * 32, bytes(range(192)) * 16, bytes(range(112)))
    assert wire.delta_from_message(index("delta").delta, SCOPE) == delta
    assert wire.head_from_message(index("head").head, SCOPE) == Head(SCOPE, 1, 1_800_000_000_004, b"b" * 32, b"g" * 64)


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("AskRequest", lambda: wire.ask_to_message(wire.ask_from_message(said("AskRequest", matching_pb2.AskRequest)))),
        ("delta", lambda: wire.delta_to_message(wire.delta_from_message(index("delta").delta, SCOPE))),
        ("head", lambda: wire.head_to_message(wire.head_from_message(index("head").head, SCOPE))),
    ],
)
def test_what_is_signed_or_hashed_is_still_written_alike(name: str, again: Callable[[], Any]) -> None:
    assert again().SerializeToString(deterministic=True).hex() == RECORDED[name]


def test_a_peer_that_knows_the_first_contract_alone_is_followed_and_searched(tmp_path: Path) -> None:
    with playing(tmp_path, [PreviousContract]) as scene:
        scene.settle([PreviousContract])
        assert scene.peer(PreviousContract).state == "in-sync"
        answer = scene.search(PreviousContract)[PreviousContract.name()]
        assert answer.outcome == "hit", answer
