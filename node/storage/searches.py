"""Searches made here and their hits, sealed, until they expire: what proves a hit later, and to an inspector."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from node.crypto.sealing import Place, Sealer
from node.errors import Code, LancangError
from node.storage.schema_searches import hit, search

# Built once: putting these together takes longer than running them.
_ANY_OF = select(search.c.ms).where(search.c.search_id.in_(bindparam("ids", expanding=True))).limit(1)
_ADD = insert(search)
_ADD_HIT = insert(hit)


@dataclass(frozen=True, slots=True, repr=False)
class StoredSearch:
    """A search. prepared: what reopens it (seed, tokens, salt, positions); subject: the query as given. Times in ms."""

    search_id: bytes
    officer: str
    purpose: str
    prepared: bytes
    subject: bytes
    ms: int
    expires_ms: int


@dataclass(frozen=True, slots=True, repr=False)
class StoredHit:
    """A hit. agreed: names of kinds; proof: ask id, positions, kinds and blinds that prove it."""

    hit_id: bytes
    search_id: bytes
    owner: str
    epoch: int
    tag: bytes
    band: str
    score: float
    agreed: tuple[str, ...]
    proof: bytes
    expires_ms: int


def add(connection: Connection, sealer: Sealer, made: Sequence[StoredSearch]) -> None:
    """Store searches before their asks leave. Raises LancangError ASK_REUSED if an id was used before."""
    ids = [each.search_id for each in made]
    if connection.scalar(_ANY_OF, {"ids": ids}) is not None:
        raise LancangError(Code.ASK_REUSED)
    connection.execute(
        _ADD,
        [
            {
                "search_id": each.search_id,
                "officer": each.officer,
                "purpose": each.purpose,
                "prepared": sealer.seal(each.prepared, Place("search", each.search_id, "prepared")),
                "subject": sealer.seal(each.subject, Place("search", each.search_id, "subject")),
                "ms": each.ms,
                "expires_ms": each.expires_ms,
            }
            for each in made
        ],
    )


def keep_until(connection: Connection, search_ids: Sequence[bytes], expires_ms: int) -> None:
    """Keep searches longer, those that would be forgotten before that."""
    later = update(search).where(search.c.search_id.in_(search_ids), search.c.expires_ms < expires_ms)
    connection.execute(later.values(expires_ms=expires_ms))


def get(connection: Connection, sealer: Sealer, search_id: bytes) -> StoredSearch | None:
    """The search of that id, None if there is none. Raises LancangError STORAGE_DAMAGED."""
    row = connection.execute(select(search).where(search.c.search_id == search_id)).first()
    return None if row is None else _search(sealer, row)


def every(connection: Connection, sealer: Sealer) -> Iterator[StoredSearch]:
    """Every search that is kept, the newest first. Read to the end within one transaction."""
    query = select(search).order_by(search.c.ms.desc(), search.c.search_id)
    for row in connection.execute(query.execution_options(yield_per=200)):
        yield _search(sealer, row)


def _search(sealer: Sealer, row: Row[Any]) -> StoredSearch:
    return StoredSearch(
        row.search_id,
        row.officer,
        row.purpose,
        sealer.open(row.prepared, Place("search", row.search_id, "prepared")),
        sealer.open(row.subject, Place("search", row.search_id, "subject")),
        row.ms,
        row.expires_ms,
    )


def exists(connection: Connection, search_id: bytes) -> bool:
    """Whether that search is still kept."""
    return connection.execute(select(search.c.ms).where(search.c.search_id == search_id)).first() is not None


def add_hits(connection: Connection, sealer: Sealer, hits: Sequence[StoredHit]) -> None:
    """Store the hits of a search."""
    if hits:
        connection.execute(
            _ADD_HIT,
            [
                {
                    "hit_id": each.hit_id,
                    "search_id": each.search_id,
                    "owner": each.owner,
                    "epoch": each.epoch,
                    "body": sealer.seal(_encode(each), _place(each.hit_id)),
                    "expires_ms": each.expires_ms,
                }
                for each in hits
            ],
        )


def get_hit(connection: Connection, sealer: Sealer, hit_id: bytes) -> StoredHit | None:
    """The hit of that id, None if there is none. Raises LancangError STORAGE_DAMAGED."""
    row = connection.execute(select(hit).where(hit.c.hit_id == hit_id)).first()
    return None if row is None else _hit(sealer, row)


def hits_of(connection: Connection, sealer: Sealer, search_id: bytes) -> list[StoredHit]:
    """The hits of a search, best first."""
    query = select(hit).where(hit.c.search_id == search_id)
    found = [_hit(sealer, row) for row in connection.execute(query)]
    return sorted(found, key=lambda each: (-each.score, each.hit_id))


def delete_expired(connection: Connection, now_ms: int, limit: int = 100) -> tuple[int, int]:
    """Delete up to limit searches (with their hits) and hits that expired (BULK). Returns how many of each.

    There may be more as long as either is limit.
    """
    hits = connection.scalars(select(hit.c.hit_id).where(hit.c.expires_ms <= now_ms).limit(limit)).all()
    searches = connection.scalars(select(search.c.search_id).where(search.c.expires_ms <= now_ms).limit(limit)).all()
    if hits:
        connection.execute(delete(hit).where(hit.c.hit_id.in_(hits)))
    if searches:
        connection.execute(delete(search).where(search.c.search_id.in_(searches)))
    return len(searches), len(hits)


def _encode(found: StoredHit) -> bytes:
    """What is sealed of a hit. Even that it is strong would tell whoever holds the disk."""
    body = {
        "tag": found.tag.hex(),
        "band": found.band,
        "score": found.score,
        "agreed": found.agreed,
        "proof": found.proof.hex(),
    }
    return json.dumps(body).encode()


def _hit(sealer: Sealer, row: Row[tuple[object, ...]]) -> StoredHit:
    body = json.loads(sealer.open(row.body, _place(row.hit_id)))
    return StoredHit(
        hit_id=row.hit_id,
        search_id=row.search_id,
        owner=row.owner,
        epoch=row.epoch,
        tag=bytes.fromhex(body["tag"]),
        band=body["band"],
        score=body["score"],
        agreed=tuple(body["agreed"]),
        proof=bytes.fromhex(body["proof"]),
        expires_ms=row.expires_ms,
    )


def _place(hit_id: bytes) -> Place:
    return Place("hit", hit_id, "body")
