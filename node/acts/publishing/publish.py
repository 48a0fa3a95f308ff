"""Publish what changed: read each chain's outbox, build deltas, store them with their tags, wake the streams.

While one round is built, the one before it is stored, and the next one is read and its lists are derived.
"""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection

from node.acts.publishing.build_round import Round
from node.acts.publishing.outbox import Plan, plan_after, plan_next, still_holds
from node.acts.publishing.store_rounds import Storing
from node.acts.runtime.node import Node
from node.storage import chains, publishing
from node.storage.chains import Cursor

FIRST_ROUND = 256
"""Changes a chain takes up in the first round, so that the first delta is not long in coming; then twice as many."""
ROUND = 1024
"""The most that a chain takes up in one round."""


async def full_delta_waits(node: Node) -> bool:
    """Whether there is enough to publish for a whole delta, so that nothing is won by waiting for more."""
    for publication in node.publications:
        cursor = await node.read(_cursor, publication.chain_no)
        places = publication.terms.records_per_delta
        return len(await node.read(publishing.changes_after, cursor, places)) == places
    return False


async def publish_pending(node: Node) -> None:
    """Publish, round by round, until nothing is left.

    Raises LancangError if a round could not be stored; then the chains are as the database has them.
    """
    storing = Storing(node)
    ahead: asyncio.Task[Plan] | None = None
    limit = FIRST_ROUND
    try:
        plan = await plan_next(node, limit, {})
        while plan.outboxes:
            limit = min(2 * limit, ROUND)
            ahead = asyncio.create_task(plan_after(node, plan, limit)) if plan.full else None
            await storing.add([Round.of(each, plan.heads) for each in plan.outboxes])
            if ahead is None:
                break
            plan = await ahead
            if not await still_holds(node, plan):
                await storing.stored()
                plan = await plan_next(node, limit, plan.heads)
        await storing.stored()
    except BaseException:
        if ahead is not None:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)
        await storing.undo()
        raise


async def publish_cover(node: Node) -> None:
    """A delta of dummies to every audience: who watches the line learns nothing from when deltas come."""
    rounds = [
        Round(publication, ((),), await node.read(_cursor, publication.chain_no), {})
        for publication in node.publications
    ]
    storing = Storing(node)
    try:
        await storing.add(rounds)
        await storing.stored()
    except BaseException:
        await storing.undo()
        raise


def _cursor(connection: Connection, chain_no: int) -> Cursor:
    return chains.get(connection, chain_no).cursor
