"""The job that sends: at once when there is something, again after a pause, at once when the peer is heard of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from node.acts.courier.waiting import letters, queues, retry
from node.errors import Code, LancangError
from node.jobs.courier import Rounds
from node.jobs.supervise import keep_running
from node.model.courier import MOST_LETTERS
from node.model.session import REQUIRED
from node.model.suspension import Suspension
from tests.support import disk
from tests.support.federation import wait_for
from tests.support.letter_pair import RECIPIENT, Line, Pair


@pytest.fixture
async def rounds(pair: Pair) -> AsyncIterator[Rounds]:
    """The sender's job, running."""
    job = Rounds(pair.sender)
    running = asyncio.create_task(keep_running("courier", job.turn, pause=0.01, longest=1.0))
    yield job
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await job.stop()


async def until(reached: Callable[[], bool]) -> None:
    """Wait until something holds."""
    await asyncio.to_thread(wait_for, reached, "what the test waits for", 20)


def delivered(pair: Pair) -> int:
    return disk.number(pair.sender.home, "SELECT count(*) FROM outbox WHERE state = 'delivered'")


def failures(pair: Pair) -> int:
    return pair.sender.courier.route(RECIPIENT).failures


async def test_a_letter_goes_as_soon_as_its_act_is_durable(pair: Pair, rounds: Rounds) -> None:
    for number in range(3):
        await pair.write()
        await until(lambda number=number: delivered(pair) == number + 1)  # type: ignore[misc]  # default binds number


async def test_a_peer_that_is_away_is_called_again_at_once_when_it_is_heard_of(pair: Pair, rounds: Rounds) -> None:
    pair.line.state = Line.LOST_BEFORE
    await pair.write()
    await until(lambda: failures(pair) > 0)
    route = pair.sender.courier.route(RECIPIENT)
    # A pause that no test would wait for.
    route.until, pair.line.state = asyncio.get_running_loop().time() + 10_000, Line.GOOD
    (queue,) = await queues(pair.sender)
    assert queue.code in (Code.NODE_UNREACHABLE, "")
    assert queue.waiting == 1
    pair.clock.advance(5_000)
    pair.sender.courier.heard_of(RECIPIENT, pair.clock.now_ms())
    await until(lambda: delivered(pair) == 1)
    assert await queues(pair.sender) == []


async def test_an_officer_may_ask_for_another_try(pair: Pair, rounds: Rounds) -> None:
    pair.line.state = Line.LOST_BEFORE
    await pair.write()
    await until(lambda: failures(pair) > 0)
    pair.sender.courier.route(RECIPIENT).until = asyncio.get_running_loop().time() + 10_000
    pair.line.state = Line.GOOD
    assert await retry(pair.sender, RECIPIENT) == 1
    await until(lambda: delivered(pair) == 1)


async def test_a_peer_that_calls_without_end_is_not_called_back_without_end(pair: Pair) -> None:
    courier, now = pair.sender.courier, pair.clock.now_ms()
    courier.heard_of(RECIPIENT, now)
    courier.alive.clear()
    courier.heard_of(RECIPIENT, now + 500)
    assert courier.alive == set()
    courier.heard_of(RECIPIENT, now + 1_500)
    assert courier.alive == {RECIPIENT}


async def test_letters_to_a_suspended_peer_wait_and_its_queue_says_why(pair: Pair, rounds: Rounds) -> None:
    pair.sender.suspended[RECIPIENT] = Suspension(RECIPIENT, 0, "administrator", "a test")
    await pair.write()
    (queue,) = await queues(pair.sender)
    assert (queue.code, queue.next_ms) == (Code.PEER_SUSPENDED, None)
    with pytest.raises(LancangError) as refusal:
        await retry(pair.sender, RECIPIENT)
    assert refusal.value.code is Code.PEER_SUSPENDED
    assert pair.line.seen == []
    del pair.sender.suspended[RECIPIENT]
    pair.sender.courier.wake.set()
    await until(lambda: delivered(pair) == 1)


async def test_a_restored_node_writes_to_nobody_before_it_is_let_go(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.jobs.courier.LOOK_SECONDS", 1.0)
    job = Rounds(pair.sender)
    await pair.write()
    pair.sender.held = True
    # A turn ends with a pause in which a letter would long have gone.
    await job.turn()
    assert pair.line.seen == []
    pair.sender.held = False
    await job.turn()
    await until(lambda: delivered(pair) == 1)
    await job.stop()


async def test_a_peer_that_does_not_announce_letters_is_sent_none(pair: Pair, rounds: Rounds) -> None:
    pair.sender.copies.view(RECIPIENT).capabilities = frozenset(REQUIRED)
    await pair.write()
    await until(lambda: failures(pair) > 0)
    (queue,) = await queues(pair.sender)
    assert queue.code == Code.UNKNOWN_CAPABILITY
    assert pair.line.seen == []


async def test_letters_to_a_member_that_left_are_returned_with_the_roster(pair: Pair, rounds: Rounds) -> None:
    pair.line.state = Line.LOST_BEFORE
    message_id = await pair.write()
    await until(lambda: failures(pair) > 0)
    roster = pair.sender.roster
    staying = tuple(member for member in roster.roster.members if member.node_id != RECIPIENT)
    pair.sender.roster = replace(roster, roster=replace(roster.roster, members=staying), hash=b"another")
    pair.sender.courier.wake.set()
    await until(lambda: pair.state(message_id) == "returned")
    assert pair.told() == [(message_id, Code.LETTER_RETURNED)]


async def test_a_letter_whose_time_is_over_is_given_up_by_the_job(pair: Pair, rounds: Rounds) -> None:
    pair.sender.suspended[RECIPIENT] = Suspension(RECIPIENT, 0, "administrator", "a test")
    message_id = await pair.write(until_ms=pair.clock.now_ms() + 1_000)
    pair.clock.advance(2_000)
    pair.sender.courier.wake.set()
    await until(lambda: pair.state(message_id) == "expired")
    assert pair.told() == [(message_id, Code.LETTER_EXPIRED)]


async def test_over_a_line_too_slow_for_a_full_call_fewer_letters_go_at_once(pair: Pair, rounds: Rounds) -> None:
    pair.line.state = Line.LOST_AFTER
    await pair.write()
    await until(lambda: failures(pair) > 1)
    route = pair.sender.courier.route(RECIPIENT)
    assert route.most <= MOST_LETTERS // 4
    pair.line.state = Line.GOOD
    pair.sender.courier.try_now(RECIPIENT)
    await until(lambda: delivered(pair) == 1)
    assert len(pair.taken()) == 1


async def test_the_outbox_shows_the_oldest_first_and_the_newest_of_all_on_request(pair: Pair) -> None:
    first = await pair.write(b"1" * 16)
    pair.clock.advance(1_000)
    second = await pair.write(b"2" * 16)
    assert [each.message_id for each in await letters(pair.sender)] == [first, second]
    await pair.send_all()
    assert await letters(pair.sender) == []
    newest = await letters(pair.sender, settled=True)
    assert [each.message_id for each in newest] == [second, first]
    assert all(each.receipt and each.settled_ms for each in newest)
