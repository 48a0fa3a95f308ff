"""Suspensions in force at this node. A member that leaves the roster keeps its row: come back, it is still cut off."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from node.model.suspension import Suspension
from node.storage.schema_members import suspension


def every(connection: Connection) -> list[Suspension]:
    """All suspensions, by node id."""
    query = select(suspension.c.node_id, suspension.c.ms, suspension.c.officer, suspension.c.reason).order_by(
        suspension.c.node_id
    )
    return [Suspension(*found) for found in connection.execute(query)]


def add(connection: Connection, new: Suspension) -> bool:
    """Store a suspension. Returns False if the member is suspended already; then the first one stands."""
    known = connection.execute(select(suspension.c.ms).where(suspension.c.node_id == new.node_id)).first()
    if known is not None:
        return False
    connection.execute(
        insert(suspension).values(node_id=new.node_id, ms=new.ms, officer=new.officer, reason=new.reason)
    )
    return True


def remove(connection: Connection, node_id: str) -> bool:
    """End a suspension. Returns False if there is none."""
    return connection.execute(delete(suspension).where(suspension.c.node_id == node_id)).rowcount == 1
