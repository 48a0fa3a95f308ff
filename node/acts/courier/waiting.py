"""What waits in the outbox for whom, since when and why: for people, for metrics, for the doctor."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection

from node.acts.membership.standing import check_target
from node.acts.runtime.node import Node
from node.errors import Code, LancangError
from node.model.outbox import PeerQueue, QueuedLetter
from node.observe import LETTERS_OLDEST, LETTERS_WAITING
from node.storage import courier
from node.storage.courier import Waiting

MOST_SHOWN = 200


async def queues(node: Node) -> list[PeerQueue]:
    """For each peer for which something waits: how much, since when, and what is in its way."""
    waiting = await node.read(courier.waiting_by_recipient)
    return [_queue(node, name, number, oldest_ms) for name, (number, oldest_ms) in waiting.items()]


async def letters(node: Node, recipient: str = "", *, settled: bool = False) -> list[QueuedLetter]:
    """The letters that wait, the oldest first; with settled the newest of all. At most 200."""
    return [_queued(each) for each in await node.read(courier.page, recipient, MOST_SHOWN, settled=settled)]


async def letter(node: Node, start: bytes) -> QueuedLetter:
    """The letter whose id begins so. Raises LancangError(RECORD_NOT_FOUND) if there is none, or more than one."""

    def found(connection: Connection) -> list[Waiting]:
        return courier.beginning_with(connection, start)

    rows = await node.read(found)
    if len(rows) != 1:
        what = "no letter" if not rows else "more than one letter"
        raise LancangError(
            Code.RECORD_NOT_FOUND, f"{what} has an id that begins so", remedy="`lancang outbox` shows the ids."
        )
    return _queued(rows[0])


async def retry(node: Node, recipient: str) -> int:
    """Try whatever waits for a peer at once. Returns how many letters wait for it.

    Raises LancangError: PEER_UNKNOWN, PEER_SUSPENDED.
    """
    check_target(node, recipient)
    await node.write(courier.hurry, recipient, node.clock.now_ms())
    node.courier.try_now(recipient)
    number, _ = (await node.read(courier.waiting_by_recipient)).get(recipient, (0, 0))
    return number


async def show_waiting(node: Node) -> None:
    """Set the metrics."""
    waiting, now = await node.read(courier.waiting_by_recipient), node.clock.now_ms()
    for name in {member.node_id for member in node.audiences()} | waiting.keys():
        number, oldest_ms = waiting.get(name, (0, now))
        LETTERS_WAITING.labels(name).set(number)
        LETTERS_OLDEST.labels(name).set(max(0, now - oldest_ms) / 1000)


def _queue(node: Node, name: str, number: int, oldest_ms: int) -> PeerQueue:
    route = node.courier.route(name)
    problem, next_ms = route.problem, None
    try:
        check_target(node, name)
    except LancangError as standing:
        problem = standing
    else:
        seconds = max(0.0, route.until - asyncio.get_running_loop().time())
        next_ms = node.clock.now_ms() + int(seconds * 1000)
    code, reason = ("", "") if problem is None else (problem.code.value, problem.detail or problem.title)
    return PeerQueue(name, number, oldest_ms, code, reason, next_ms)


def _queued(waiting: Waiting) -> QueuedLetter:
    return QueuedLetter(
        message_id=waiting.message_id,
        recipient=waiting.recipient,
        conversation=waiting.conversation,
        number=waiting.number,
        kind=waiting.kind,
        state=waiting.state,
        ms=waiting.ms,
        until_ms=waiting.until_ms,
        attempts=waiting.attempts,
        next_ms=waiting.next_ms,
        code=waiting.error,
        reason=waiting.reason,
        settled_ms=waiting.settled_ms,
        receipt=waiting.receipt or b"",
    )
