"""Forget what has outlived its time: searches, hits, superseded versions, dropped imports, counters of past days."""

from __future__ import annotations

from sqlalchemy import Connection

from node.acts.runtime.clock_doubt import clock_doubtful
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.policy import budgets
from node.storage import changes, courier, given, imports, known_tags, onward, requests_in, requests_out, searches

BODIES_MS = 7 * 86_400_000
"""So long a delivered letter's body is kept: a recipient that is restored from a backup may need it again."""
_VERSIONS_AT_ONCE = 100
_BODIES_AT_ONCE = 50
_SEARCHES_AT_ONCE = 100


async def forget_expired(node: Node) -> None:
    """Delete what has expired, in short transactions."""
    if clock_doubtful(node):
        # Hits and what proves them would be gone for good.
        return
    now = node.clock.now_ms()
    while await node.write_bulk(_forget_searches, node, now):
        pass
    while await node.write_bulk(known_tags.delete_expired, now):
        pass
    while await node.write_bulk(imports.clean_dropped):
        pass
    # A hit names the version it was found in: it is what a proof of match is checked against, as long as hits are kept.
    replaced = now - node.policy.hit_retention_seconds * 1000
    while doomed := await node.read(changes.superseded, _VERSIONS_AT_ONCE, replaced):
        await node.write_bulk(changes.purge, doomed)
    while await node.write_bulk(courier.drop_bodies, now - BODIES_MS, _BODIES_AT_ONCE):
        pass
    while await node.write_bulk(_forget_requests, node, now):
        pass
    for member in node.audiences():
        await node.write_bulk(budgets.forget, member.node_id)


def _forget_searches(connection: Connection, node: Node, now: int) -> bool:
    """Delete some, as an act. Returns whether there may be more."""
    gone, hits = searches.delete_expired(connection, now, _SEARCHES_AT_ONCE)
    if gone or hits:
        detail: Detail = {"searches": gone, "hits": hits}
        record_act(connection, ActKind.SEARCHES_ERASED, node.node_id, "", now, detail)
    return _SEARCHES_AT_ONCE in (gone, hits)


def _forget_requests(connection: Connection, node: Node, now: int) -> bool:
    """Erase what requests said, years after they ended: that they were made stays. Returns whether there are more."""
    ended = now - node.policy.disclosures.kept_seconds * 1000
    gone = requests_in.erase_ended(connection, ended, _BODIES_AT_ONCE)
    gone += requests_out.erase_ended(connection, ended, _BODIES_AT_ONCE)
    gone += given.forget(connection, ended, _BODIES_AT_ONCE)
    gone += onward.forget(connection, ended)
    if gone:
        detail: Detail = {"requests": gone}
        record_act(connection, ActKind.REQUESTS_ERASED, node.node_id, "", now, detail)
    return gone >= _BODIES_AT_ONCE
