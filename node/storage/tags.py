"""Tags: the pseudonyms of record versions in one chain (one audience, one epoch), and the way back to the record.

A tag is 7 random bytes, unique in its chain, new for every version (protocol.md 3). Rows are keyed hashes, so the table
needs no sealing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from node.storage.many_rows import insert_rows
from node.storage.schema_publishing import chain, tag


@dataclass(frozen=True, slots=True)
class TagOf:
    """A tag and the version of a record it stands for."""

    tag: bytes
    row: bytes
    version: int


@dataclass(frozen=True, slots=True)
class TagFound:
    """What a tag leads to. revoked_seq: the delta that revoked it, None while it stands."""

    row: bytes
    version: int
    revoked_seq: int | None


def add(connection: Connection, chain_no: int, tags: Sequence[TagOf]) -> None:
    """Store new tags; 1000 at once keep a BULK work short. A tag or version already there is an IntegrityError."""
    # In order of the tags, so that neighbouring pages are written together.
    rows = sorted((chain_no, each.tag, each.row, each.version) for each in tags)
    insert_rows(connection, (tag.c.chain_no, tag.c.tag, tag.c.row, tag.c.version), rows)


def find(connection: Connection, audience: str, epoch: int, value: bytes) -> TagFound | None:
    """The record version that an audience knows by this tag, revoked or not; None if there is no such tag."""
    found = connection.execute(
        select(tag.c.row, tag.c.version, tag.c.revoked_seq)
        .join(chain, chain.c.chain_no == tag.c.chain_no)
        .where(chain.c.audience == audience, chain.c.epoch == epoch, chain.c.state == "open", tag.c.tag == value)
    ).first()
    return None if found is None else TagFound(found.row, found.version, found.revoked_seq)


@dataclass(frozen=True, slots=True)
class StandingTag:
    """A tag that stands for a record, and for whom."""

    audience: str
    epoch: int
    tag: bytes


def of_row(connection: Connection, row: bytes) -> list[StandingTag]:
    """Every tag that stands for a record in an open chain, by audience and epoch."""
    query = (
        select(chain.c.audience, chain.c.epoch, tag.c.tag)
        .join(chain, chain.c.chain_no == tag.c.chain_no)
        .where(tag.c.row == row, tag.c.revoked_seq.is_(None), chain.c.state == "open")
        .order_by(chain.c.audience, chain.c.epoch)
    )
    return [StandingTag(*found) for found in connection.execute(query)]


def count_standing(connection: Connection, chain_no: int, values: Sequence[bytes]) -> int:
    """How many of these tags stand for a record now; at most some hundreds are asked at once."""
    query = select(func.count()).where(tag.c.chain_no == chain_no, tag.c.tag.in_(values), tag.c.revoked_seq.is_(None))
    return connection.scalar(query) or 0


def taken(connection: Connection, chain_no: int, values: Sequence[bytes]) -> set[bytes]:
    """Which of these values are tags of the chain, or were: a random tag must be none of them."""
    query = select(tag.c.tag).where(tag.c.chain_no == chain_no, tag.c.tag.in_(values))
    return set(connection.scalars(query))


def every(connection: Connection, chain_no: int) -> set[bytes]:
    """All tags of a chain, standing and revoked."""
    return set(connection.scalars(select(tag.c.tag).where(tag.c.chain_no == chain_no)))


def standing(connection: Connection, chain_nos: Sequence[int], rows: Sequence[bytes]) -> dict[int, dict[bytes, bytes]]:
    """For each of these chains the tag that stands for each of these rows; rows without one are absent."""
    query = select(tag.c.chain_no, tag.c.row, tag.c.tag).where(
        tag.c.chain_no.in_(chain_nos), tag.c.row.in_(rows), tag.c.revoked_seq.is_(None)
    )
    found: dict[int, dict[bytes, bytes]] = {chain_no: {} for chain_no in chain_nos}
    for chain_no, row, value in connection.execute(query):
        found[chain_no][row] = value
    return found


def unlinked(connection: Connection, old_chain: int, new_chain: int, limit: int) -> list[tuple[bytes, bytes]]:
    """(old tag, new tag) of records that stand in both chains and whose old tag no batch has linked yet, at most limit.

    A record that changed meanwhile is linked as well: it is the record that a hit was about (protocol.md 12).
    """
    new = tag.alias("new")
    query = (
        select(tag.c.tag, new.c.tag)
        .join(new, new.c.row == tag.c.row)
        .where(tag.c.chain_no == old_chain, tag.c.revoked_seq.is_(None), tag.c.linked_seq.is_(None))
        .where(new.c.chain_no == new_chain, new.c.revoked_seq.is_(None))
        .limit(limit)
    )
    return list(connection.execute(query))


def linked(connection: Connection, chain_no: int, values: Sequence[bytes], seq: int) -> None:
    """Mark tags as linked by a batch of their chain."""
    for start in range(0, len(values), 500):
        connection.execute(
            update(tag)
            .where(tag.c.chain_no == chain_no, tag.c.tag.in_(values[start : start + 500]))
            .values(linked_seq=seq)
        )


def revoke(connection: Connection, chain_no: int, values: Sequence[bytes], seq: int) -> int:
    """Mark tags as revoked by delta seq. Returns how many stood until now."""
    if not values:
        return 0
    return connection.execute(
        update(tag)
        .where(tag.c.chain_no == chain_no, tag.c.tag.in_(values), tag.c.revoked_seq.is_(None))
        .values(revoked_seq=seq)
    ).rowcount


def erase(connection: Connection, chain_no: int, limit: int) -> bool:
    """Delete up to limit tags of a chain (BULK). Returns whether there may be more."""
    values = connection.scalars(select(tag.c.tag).where(tag.c.chain_no == chain_no).limit(limit)).all()
    if values:
        connection.execute(delete(tag).where(tag.c.chain_no == chain_no, tag.c.tag.in_(values)))
    return len(values) == limit
