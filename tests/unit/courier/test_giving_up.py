"""Letters that are given up: told once, and never both told and taken. What follows one arrives all the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from node.acts.courier.give_up import expire, return_letters
from node.acts.courier.queue import post
from node.acts.runtime.node import Node
from node.acts.upkeep.retain import BODIES_MS, forget_expired
from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.model.courier import MOST_BODY_BYTES, Kind, Letter, Refusal
from node.model.officer import Role
from tests.support import disk
from tests.support.letter_node import tell
from tests.support.letter_pair import RECIPIENT, Line, Pair

SOON_MS = 1_000


async def lose(pair: Pair, state: Line) -> None:
    """One call over a line that loses it."""
    pair.line.state = state
    with pytest.raises(LancangError):
        await pair.send()


async def time_is_over(pair: Pair) -> None:
    pair.clock.advance(2 * SOON_MS)
    assert await pair.sender.write(expire, pair.sender) == 1


async def test_a_letter_whose_time_is_over_before_it_was_sent_is_told_at_once_and_its_number_withdrawn(
    pair: Pair,
) -> None:
    late = await pair.write(until_ms=pair.clock.now_ms() + SOON_MS)
    after = await pair.write()
    await time_is_over(pair)
    assert pair.told() == [(late, Code.LETTER_EXPIRED)]
    await pair.send_all()
    assert [message_id for _, _, message_id in pair.taken()] == [after]
    assert (pair.state(late), pair.state(after)) == ("expired", "delivered")
    assert len(pair.told()) == 1


async def test_a_letter_to_a_node_that_was_away_all_the_time_is_told_when_its_time_is_over(pair: Pair) -> None:
    late = await pair.write(until_ms=pair.clock.now_ms() + SOON_MS)
    for _ in range(3):
        await lose(pair, Line.AWAY)
    await time_is_over(pair)
    assert pair.told() == [(late, Code.LETTER_EXPIRED)]
    await pair.send_all()
    assert (pair.taken(), len(pair.told())) == ([], 1)


async def test_a_letter_that_arrived_though_its_answer_was_lost_is_not_told_as_expired(pair: Pair) -> None:
    late = await pair.write(until_ms=pair.clock.now_ms() + SOON_MS)
    await lose(pair, Line.LOST_AFTER)
    await time_is_over(pair)
    assert (pair.state(late), pair.told()) == ("withdrawing", [])
    await pair.send_all()
    assert (pair.state(late), pair.told()) == ("delivered", [])
    assert len(pair.taken()) == 1


async def test_a_letter_that_may_have_arrived_and_did_not_is_told_once_the_recipient_says_so(pair: Pair) -> None:
    late = await pair.write(until_ms=pair.clock.now_ms() + SOON_MS)
    await lose(pair, Line.LOST_BEFORE)
    await time_is_over(pair)
    assert pair.told() == []
    await lose(pair, Line.LOST_AFTER)
    await pair.send_all()
    assert (pair.state(late), pair.told()) == ("expired", [(late, Code.LETTER_EXPIRED)])
    assert pair.taken() == []


async def test_letters_to_a_member_that_left_are_returned_and_go_on_where_they_were_if_it_comes_back(
    pair: Pair,
) -> None:
    returned = [await pair.write() for _ in range(3)]
    while await pair.sender.write(return_letters, pair.sender, RECIPIENT):
        pass
    assert pair.told() == [(each, Code.LETTER_RETURNED) for each in returned]
    later = await pair.write()
    await pair.send_all()
    assert [message_id for _, _, message_id in pair.taken()] == [later]
    assert [pair.state(each) for each in returned] == ["returned"] * 3


async def test_nobody_writes_to_a_stranger_to_himself_or_to_who_holds_no_records(pair: Pair) -> None:
    roster = pair.sender.roster
    member = next(each for each in roster.roster.members if each.node_id == RECIPIENT)
    observer = replace(member, node_id="interpol", role=Role.OBSERVER)
    pair.sender.roster = replace(roster, roster=replace(roster.roster, members=(*roster.roster.members, observer)))
    for name, code in (("la", Code.PEER_UNKNOWN), ("cn", Code.INPUT_INVALID), ("interpol", Code.ROLE_FORBIDDEN)):
        assert await post_refused(pair, name) is code
    assert await post_refused(pair, RECIPIENT, body=bytes(MOST_BODY_BYTES + 1)) is Code.INPUT_TOO_LARGE
    assert await post_refused(pair, RECIPIENT, line=b"short") is Code.INPUT_INVALID


async def post_refused(pair: Pair, name: str, line: bytes = bytes(16), body: bytes = b"") -> Code:
    with pytest.raises(LancangError) as refusal:
        await pair.sender.write(post, pair.sender, name, line, Kind.DISCLOSURE_REQUEST, body, 0)
    return refusal.value.code


async def test_a_letter_is_queued_with_its_act_or_not_at_all(pair: Pair) -> None:
    def act(connection: Connection) -> None:
        post(connection, pair.sender, RECIPIENT, bytes(16), Kind.DISCLOSURE_REQUEST, b"", 0)
        raise ValueError("the act failed")

    pair.sender.courier.wake.clear()
    with pytest.raises(ValueError, match="the act failed"):
        await pair.sender.write(act)
    assert disk.number(pair.sender.home, "SELECT count(*) FROM outbox") == 0
    await pair.write()
    assert pair.sender.courier.wake.is_set()


async def test_the_largest_letters_go_a_few_a_call(pair: Pair) -> None:
    for place in range(6):
        await pair.write(bytes([place]) * 16, bytes(MOST_BODY_BYTES))
    assert [await pair.send(), await pair.send(), await pair.send()] == [4, 2, 0]
    assert len(pair.taken()) == 6


async def test_a_letter_that_waited_through_a_change_of_keys_is_signed_with_the_new_one(pair: Pair) -> None:
    await pair.write()
    new = SigningKey(b"n" * 32)
    pair.sender.signing = new
    roster = pair.recipient.roster
    members = tuple(
        replace(each, signing_key=new.public) if each.node_id == "cn" else each for each in roster.roster.members
    )
    await pair.send()
    assert pair.taken() == []
    pair.recipient.roster = replace(roster, roster=replace(roster.roster, members=members))
    await pair.send_all()
    assert len(pair.taken()) == 1


async def test_a_receipt_that_its_recipient_did_not_sign_settles_nothing_and_is_a_fault(pair: Pair) -> None:
    message_id = await pair.write()
    honest, pair.recipient.signing = pair.recipient.signing, SigningKey(bytes(32))
    await pair.send()
    assert pair.state(message_id) == "waiting"
    assert disk.number(pair.sender.home, "SELECT count(*) FROM act WHERE kind = 'letter-fault'") == 1
    pair.recipient.signing = honest


async def test_whoever_is_told_of_a_refusal_and_fails_is_told_again_and_holds_up_nobody(pair: Pair) -> None:
    failures = 2

    def fail_twice(connection: Connection, node: Node, letter: Letter, refusal: Refusal) -> None:
        nonlocal failures
        tell(connection, node, letter, refusal)
        if failures:
            failures -= 1
            raise RuntimeError("a fault of whoever is told")

    pair.sender.courier.on_refused[Kind.DISCLOSURE_TAKEN] = fail_twice
    pair.recipient.courier.handlers.pop(Kind.DISCLOSURE_TAKEN)
    refused = await pair.write(b"r" * 16, kind=Kind.DISCLOSURE_TAKEN)
    other = await pair.write(b"o" * 16)
    await pair.send()
    assert (pair.state(refused), pair.state(other)) == ("waiting", "delivered")
    await pair.send_all()
    assert pair.told() == [(refused, Code.LETTER_UNKNOWN)]


async def test_the_body_of_a_delivered_letter_is_erased_after_a_week(pair: Pair) -> None:
    await pair.write()
    await pair.send_all()
    kept = "SELECT count(*) FROM outbox WHERE body IS NOT NULL"
    pair.clock.advance(BODIES_MS - 1000)
    await forget_expired(pair.sender)
    assert disk.number(pair.sender.home, kept) == 1
    pair.clock.advance(2000)
    await forget_expired(pair.sender)
    assert disk.number(pair.sender.home, kept) == 0
