"""Keep a search and its hits, sealed: what proves a hit later, and what opens the asks to an inspector in time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from node.acts.node import Node
from node.audit.journal import ActKind, Detail, record_act, record_with_each
from node.exchange.prepared import PreparedSearch
from node.model.roster import Policy
from node.model.search import Hit, NodeAnswer
from node.storage import cases, known_tags, searches
from node.storage.known_tags import Known
from node.storage.searches import StoredHit, StoredSearch


@dataclass(frozen=True, slots=True, repr=False)
class FoundHit:
    """A hit with the ask that paid for it and the positions of the tokens it shares."""

    hit: Hit
    owner: str
    epoch: int
    ask_id: bytes
    positions: tuple[int, ...]


async def keep_search(
    node: Node,
    officer: str,
    purpose: str,
    case_number: str,
    prepared: PreparedSearch,
    subject: bytes,
    targets: tuple[str, ...],
) -> dict[str, bytes]:
    """Store a search before its asks leave; returns the case's random handle for each owner."""
    now = node.clock.now_ms()
    graces = [copy.statement.grace_until_ms for target in targets for copy in node.copies.view(target).copies.values()]
    expires = kept_until(node.policy, now, graces)
    made = StoredSearch(prepared.search_id, officer, purpose, prepared.encode(), subject, now, expires)
    fresh = {target: node.random(16) for target in targets}

    def store(connection: Connection) -> dict[str, bytes]:
        handles = cases.handles_for(connection, node.sealer, node.row_keys, case_number, fresh)
        searches.add(connection, node.sealer, made)
        details: dict[str, Detail] = {
            target: {"search_id": prepared.search_id.hex(), "purpose": purpose, "case_handle": handle.hex()}
            for target, handle in handles.items()
        }
        record_with_each(connection, ActKind.ASK_SENT, officer, now, details)
        return handles

    return await node.write(store)


def kept_until(policy: Policy, now_ms: int, graces_ms: Iterable[int]) -> int:
    """When a search may be forgotten: not before an inspector's time is over in any epoch that it was asked in.

    graces_ms: when the owners of these epochs erase their side of the asks. An inspection begins before that; what
    answers it is kept for some time more.
    """
    inspected = [grace + policy.inspection_seconds * 1000 for grace in graces_ms]
    return max([now_ms + policy.hit_retention_seconds * 1000, *inspected])


async def keep_hits(
    node: Node, prepared: PreparedSearch, hits: tuple[FoundHit, ...], answers: tuple[NodeAnswer, ...]
) -> dict[str, Known]:
    """Store the hits of a search, and that it ended, in one transaction; returns by hit id those known before."""
    now = node.clock.now_ms()
    expires = now + node.policy.hit_retention_seconds * 1000
    stored = [
        StoredHit(
            bytes.fromhex(found.hit.hit_id),
            prepared.search_id,
            found.owner,
            found.epoch,
            bytes.fromhex(found.hit.tag),
            found.hit.band,
            found.hit.score,
            found.hit.agreed,
            _proof(prepared, found),
            expires,
        )
        for found in hits
    ]
    # Which node answered is the requester's own log; what it found stands only in the sealed hits.
    detail = {
        "search_id": prepared.search_id.hex(),
        "answered": " ".join(sorted(answer.node for answer in answers if answer.outcome.answered)),
        "failed": " ".join(f"{answer.node}:{answer.code}" for answer in answers if not answer.outcome.answered),
    }

    marks = {
        found.hit.hit_id: node.row_keys.tag(found.owner, found.epoch, bytes.fromhex(found.hit.tag)) for found in hits
    }

    # A new epoch may have been taken up between the search's beginning and an ask of it.
    graces = [
        copy.statement.grace_until_ms
        for answer in answers
        if (copy := node.copies.view(answer.node).copies.get(answer.epoch or 0)) is not None
    ]

    def store(connection: Connection) -> dict[bytes, Known]:
        searches.keep_until(connection, prepared.search_id, kept_until(node.policy, now, graces))
        searches.add_hits(connection, node.sealer, stored)
        known = known_tags.find(connection, list(marks.values()))
        for found in hits:
            mark = {marks[found.hit.hit_id]: bytes.fromhex(found.hit.hit_id)}
            known_tags.remember(connection, found.owner, found.epoch, mark, now, expires)
        record_act(connection, ActKind.SEARCH, "", "", now, detail)
        return known

    known = await node.write(store)
    return {hit_id: known[mark] for hit_id, mark in marks.items() if mark in known}


def _proof(prepared: PreparedSearch, found: FoundHit) -> bytes:
    """What proof of match will open (protocol.md 8): position, kind and blind of each shared token."""
    opened = [
        {"position": position, "kind": prepared.kinds[position], "blind": prepared.blind(position).hex()}
        for position in found.positions
    ]
    return json.dumps({"ask_id": found.ask_id.hex(), "opened": opened}).encode()
