"""How the peers ask here, in numbers: by peer, by officer, by case. What alarms are counted from at the owner."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, select

from node.storage.schema_asks import ask
from node.storage.schema_searches import hit


def by_requester(connection: Connection, from_ms: int, until_ms: int) -> dict[str, int]:
    """How many asks each peer sent from one time on and before another."""
    query = select(ask.c.requester, func.count()).where(ask.c.ms >= from_ms, ask.c.ms < until_ms)
    return _numbers(connection, query.group_by(ask.c.requester))


def by_officer(connection: Connection, from_ms: int, until_ms: int) -> dict[tuple[str, str], int]:
    """The same by peer and declared officer."""
    query = select(ask.c.requester, ask.c.officer, func.count()).where(ask.c.ms >= from_ms, ask.c.ms < until_ms)
    found = connection.execute(query.group_by(ask.c.requester, ask.c.officer))
    return {(requester, officer): number for requester, officer, number in found}


def single_ask_cases(connection: Connection, from_ms: int, until_ms: int) -> dict[str, int]:
    """How many cases of each peer had exactly one ask in that time."""
    once = (
        select(ask.c.requester)
        .where(ask.c.ms >= from_ms, ask.c.ms < until_ms)
        .group_by(ask.c.requester, ask.c.case_handle)
        .having(func.count() == 1)
        .subquery()
    )
    query = select(once.c.requester, func.count()).group_by(once.c.requester)
    return _numbers(connection, query)


def first_ask(connection: Connection, requester: str) -> int | None:
    """When a peer asked for the first time."""
    # In the order of the index, up to the first that fits.
    query = select(ask.c.ms).where(ask.c.requester == requester).order_by(ask.c.ms).limit(1)
    first: int | None = connection.scalar(query)
    return first


def hits_by_owner(connection: Connection) -> dict[str, int]:
    """How many kept hits each owner's index has given this node."""
    query = select(hit.c.owner, func.count()).group_by(hit.c.owner)
    return _numbers(connection, query)


def _numbers(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return {name: number for name, number in connection.execute(query)}  # noqa: C416 - a row is no pair to dict()


def by_purpose(connection: Connection, from_ms: int, until_ms: int) -> dict[tuple[str, str], int]:
    """By requester and purpose, how many asks were charged from one time on and before another."""
    within = select(ask.c.requester, ask.c.purpose, func.count()).where(ask.c.ms >= from_ms, ask.c.ms < until_ms)
    found = connection.execute(within.group_by(ask.c.requester, ask.c.purpose))
    return {(requester, purpose): number for requester, purpose, number in found}
