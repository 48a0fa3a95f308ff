"""Forget what has outlived its time: searches, hits, superseded versions, dropped imports, counters of past days."""

from __future__ import annotations

from node.acts.runtime.clock_doubt import clock_doubtful
from node.acts.runtime.node import Node
from node.policy import budgets
from node.storage import changes, courier, imports, known_tags, searches

BODIES_MS = 7 * 86_400_000
"""So long a delivered letter's body is kept: a recipient that is restored from a backup may need it again."""
_VERSIONS_AT_ONCE = 100
_BODIES_AT_ONCE = 50


async def forget_expired(node: Node) -> None:
    """Delete what has expired, in short transactions."""
    if clock_doubtful(node):
        # Hits and what proves them would be gone for good.
        return
    now = node.clock.now_ms()
    while await node.write_bulk(searches.delete_expired, now):
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
    for member in node.audiences():
        await node.write_bulk(budgets.forget, member.node_id)
