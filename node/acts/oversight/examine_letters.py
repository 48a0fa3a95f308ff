"""The doctor on letters: whether something has waited for too long."""

from __future__ import annotations

from node.acts.courier.waiting import queues
from node.acts.oversight.check import Check, CheckState
from node.acts.runtime.node import Node

LETTER_WARNING_MINUTES = 60


async def examine_letters(node: Node) -> list[Check]:
    """What has waited for a peer for too long."""
    checks, now = [], node.clock.now_ms()
    for queue in await queues(node):
        minutes = (now - queue.oldest_ms) // 60_000
        if minutes >= LETTER_WARNING_MINUTES:
            finding = f"{queue.waiting} wait, the oldest for {minutes // 60} h {minutes % 60} min"
            why = f": {queue.code} {queue.reason}" if queue.code else ""
            remedy = "See `lancang outbox`; if the member is up and takes no letters, call its duty desk."
            checks.append(Check(f"letters to {queue.recipient}", CheckState.WARNING, finding + why, remedy))
    return checks or [Check("letters", CheckState.OK, "none waits for more than an hour")]
