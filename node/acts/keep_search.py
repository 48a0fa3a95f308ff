"""Keep a search and its hits, sealed, until they expire: what proves a hit later, and opens an ask to an inspector."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection

from node.acts.node import Node
from node.audit.journal import ActKind, Detail, record_act, record_with_each
from node.exchange.prepared import PreparedSearch
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
    expires = now + node.policy.hit_retention_seconds * 1000
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

    def store(connection: Connection) -> dict[bytes, Known]:
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
