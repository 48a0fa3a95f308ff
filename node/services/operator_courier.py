"""OperatorCourierService: what waits in the outbox for whom."""

from __future__ import annotations

from typing import Any

from node.acts.courier.waiting import letter, letters, queues, retry
from node.acts.runtime.node import Node
from node.errors import Code, LancangError
from node.model.outbox import PeerQueue, QueuedLetter
from node.services.gate import Call, Method
from node.v1 import operator_courier_pb2 as messages
from node.wire.reading import node_id
from node.wire.status import shown

_LEAST_HEX, _MOST_HEX = 8, 32


def courier_officer_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of the outbox."""

    async def listed(request: messages.ListLettersRequest, _call: Call) -> messages.ListLettersResponse:
        recipient = node_id(request.recipient, "recipient") if request.recipient else ""
        waiting = [queue for queue in await queues(node) if recipient in ("", queue.recipient)]
        found = await letters(node, recipient, settled=request.settled)
        return messages.ListLettersResponse(queues=map(_queue, waiting), letters=map(_letter, found))

    async def shown(request: messages.ShowLetterRequest, _call: Call) -> messages.ShowLetterResponse:
        return messages.ShowLetterResponse(letter=_letter(await letter(node, _start(request.message_id))))

    async def retried(request: messages.RetryPeerRequest, _call: Call) -> messages.RetryPeerResponse:
        return messages.RetryPeerResponse(waiting=await retry(node, node_id(request.recipient, "recipient")))

    service = "/node.v1.OperatorCourierService"
    return (
        Method(f"{service}/ListLetters", messages.ListLettersRequest, listed, most_bytes=256),
        Method(f"{service}/ShowLetter", messages.ShowLetterRequest, shown, most_bytes=256),
        Method(f"{service}/RetryPeer", messages.RetryPeerRequest, retried, most_bytes=256),
    )


def _start(text: str) -> bytes:
    """The beginning of a message id. Raises LancangError(INPUT_INVALID)."""
    try:
        start = bytes.fromhex(text)
    except ValueError:
        start = b""
    if not _LEAST_HEX <= len(text) <= _MOST_HEX or not start:
        raise LancangError(Code.INPUT_INVALID, f"message_id: {_LEAST_HEX} to {_MOST_HEX} hex digits, an even number")
    return start


def _queue(queue: PeerQueue) -> messages.PeerQueue:
    return messages.PeerQueue(
        recipient=queue.recipient,
        waiting=queue.waiting,
        oldest_ms=queue.oldest_ms,
        code=queue.code,
        reason=shown(queue.reason),
        next_ms=queue.next_ms,
    )


def _letter(queued: QueuedLetter) -> messages.QueuedLetter:
    return messages.QueuedLetter(
        message_id=queued.message_id.hex(),
        recipient=queued.recipient,
        conversation=queued.conversation.hex(),
        number=queued.number,
        kind=queued.kind,
        state=queued.state.value,
        written_ms=queued.ms,
        until_ms=queued.until_ms,
        attempts=queued.attempts,
        next_ms=queued.next_ms,
        code=queued.code,
        reason=shown(queued.reason),
        settled_ms=queued.settled_ms,
        receipt=queued.receipt,
    )
