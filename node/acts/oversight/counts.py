"""Counts for observers: each owner's own, hidden where they would point at a person; and all owners' put together."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.acts.runtime.peer import Peer
from node.errors import Code, LancangError
from node.model.counts import Counted, MonthCounts
from node.policy.suppression import Table, shown_cells
from node.storage import ask_counts, requests_in

_MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Missing:
    """A member whose counts are not there, and why."""

    node_id: str
    code: str
    reason: str


async def own_counts(node: Node, month: str) -> MonthCounts:
    """What was asked of this node in a month that is over. Raises LancangError INPUT_INVALID."""
    from_ms, until_ms = span(month)
    if until_ms > node.clock.now_ms():
        raise LancangError(
            Code.INPUT_INVALID, f"month: {month} is not over yet", remedy="Ask for a month that is over."
        )
    counts = await node.read(_counted, from_ms, until_ms)
    return MonthCounts(node.node_id, month, shown_cells(node.node_id, counts))


def _counted(connection: Connection, from_ms: int, until_ms: int) -> Mapping[Counted, Table]:
    requests = requests_in.counts_by_purpose(connection, from_ms, until_ms)
    return {
        Counted.ASKS: ask_counts.by_purpose(connection, from_ms, until_ms),
        Counted.REQUESTS: requests.received,
        Counted.GIVEN: requests.given,
        Counted.REFUSED: requests.refused,
    }


async def all_counts(node: Node, month: str) -> tuple[list[MonthCounts], list[Missing]]:
    """What every holder of records tells of a month; who can't be asked is named. Raises LancangError INPUT_INVALID."""
    span(month)
    holders = node.roster.roster.holders()
    answers = await asyncio.gather(*(_of(node, member.node_id, month) for member in holders))
    told = [each for each in answers if isinstance(each, MonthCounts)]
    return told, [each for each in answers if isinstance(each, Missing)]


async def _of(node: Node, name: str, month: str) -> MonthCounts | Missing:
    try:
        if name == node.node_id:
            return await own_counts(node, month)
        return await _peer(node, name).counts(month)
    except LancangError as problem:
        return Missing(name, problem.code.value, problem.detail or problem.title)


def _peer(node: Node, name: str) -> Peer:
    if node.holds_records:
        raise LancangError(Code.ROLE_FORBIDDEN, "members tell observers, not each other")
    peer = node.peers.get(name)
    if peer is None:
        raise LancangError(Code.NODE_UNREACHABLE, f"no channel to {name} yet")
    return peer


def span(month: str) -> tuple[int, int]:
    """When a month ("2026-11") begins and ends, in ms (UTC). Raises LancangError INPUT_INVALID."""
    if not _MONTH.fullmatch(month):
        raise LancangError(Code.INPUT_INVALID, "month: written as 2026-11")
    year, number = int(month[:4]), int(month[5:])
    begins = datetime(year, number, 1, tzinfo=UTC)
    ends = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    return int(begins.timestamp() * 1000), int(ends.timestamp() * 1000)
