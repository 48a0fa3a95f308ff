"""The outbox: changes a chain has not published yet, and the one transaction that publishes them (protocol.md 4).

Nothing is queued per audience. The order is (visible_no, version), and every change visible later comes later in it;
the chain's cursor moves in the transaction that stores the delta, so a kill loses nothing and repeats nothing. How many
slots a token has used is not stored apart: the postings themselves say so, as the owner walks its own chain like a
requester.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, update

from node.errors import Code, LancangError
from node.storage import tags
from node.storage.chains import Chain, ChainState, Cursor, get, in_state
from node.storage.many_rows import insert_rows
from node.storage.records import Kind, newest
from node.storage.schema_publishing import chain, delta
from node.storage.schema_records import change_set, record_version
from node.storage.tags import TagOf


@dataclass(frozen=True, slots=True)
class Pending:
    """A change to publish. kind PUT: post version, revoking old_tag if any; WITHDRAW: revoke old_tag if any."""

    cursor: Cursor
    row: bytes
    version: int
    kind: Kind
    old_tag: bytes | None


@dataclass(frozen=True, slots=True)
class StoredDelta:
    """A batch of a chain as stored. postings: T*D*16 bytes; revocations: D*14 bytes; hash: h of the batch.

    A batch of links has no postings, and its links for revocations.
    """

    seq: int
    ms: int
    previous: bytes
    hash: bytes
    postings: bytes
    revocations: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """A delta with the tags of its new postings, and the real tags among its revocations."""

    stored: StoredDelta
    added: Sequence[TagOf] = ()
    revoked: Sequence[bytes] = ()


def pending(connection: Connection, published: Chain, limit: int) -> list[Pending]:
    """The next changes of a chain in their order, at most limit.

    A version that was superseded before it was published is passed over: its successor stands later in the order.
    """
    return with_old_tags(connection, [published.chain_no], changes_after(connection, published.cursor, limit))[0]


def changes_after(connection: Connection, at: Cursor, limit: int) -> list[Pending]:
    """The next changes after a place in their order, at most limit, without the tags of any chain."""
    # Two queries, so that each is one range of an index.
    rest_of_set = and_(change_set.c.visible_no == at.visible_no, record_version.c.version > at.version)
    found = [*connection.execute(_changes(rest_of_set).limit(limit))]
    if len(found) < limit:
        later = _changes(change_set.c.visible_no > at.visible_no).limit(limit - len(found))
        found += connection.execute(later)
    kinds = {kind.value: kind for kind in Kind}
    return [
        Pending(Cursor(visible_no, version), row, version, kinds[kind], None)
        for visible_no, version, row, kind in found
    ]


def with_old_tags(connection: Connection, chain_nos: Sequence[int], changes: list[Pending]) -> list[list[Pending]]:
    """Changes as each of these chains is to publish them; those of new records are the same for every chain."""
    standing = tags.standing(connection, chain_nos, [change.row for change in changes])
    return [_with_tags(changes, standing[chain_no]) for chain_no in chain_nos]


def _with_tags(changes: list[Pending], old: Mapping[bytes, bytes]) -> list[Pending]:
    if not old:
        return changes
    return [replace(change, old_tag=old[change.row]) if change.row in old else change for change in changes]


def unpublished(connection: Connection, published: Chain) -> int:
    """How many changes a chain has still to publish (for status)."""
    at = published.cursor
    ahead = or_(
        change_set.c.visible_no > at.visible_no,
        and_(change_set.c.visible_no == at.visible_no, record_version.c.version > at.version),
    )
    query = select(func.count()).select_from(_changes(ahead).order_by(None).subquery())
    return connection.scalar(query) or 0


def publish(connection: Connection, chain_no: int, batches: Sequence[Batch], through: Cursor) -> None:
    """Store a chain's next deltas and their tags, and move its cursor: all or nothing, in the caller's transaction.

    through: the last change they hold (the chain's own cursor for deltas of dummies).
    Raises LancangError BATCH_GAP if they do not follow the chain's last batch (someone else published meanwhile: read
    the outbox again), INTERNAL if a revoked tag did not stand.
    """
    known = get(connection, chain_no)
    position = known.position
    if known.state is not ChainState.OPEN or position is None or through < known.cursor:
        raise LancangError(Code.BATCH_GAP, f"chain {chain_no} cannot take a delta")
    seq, last_hash = position.seq, position.hash
    for each in batches:
        if (each.stored.seq, each.stored.previous) != (seq + 1, last_hash):
            raise LancangError(Code.BATCH_GAP, f"chain {chain_no} stands at {seq}, not before {each.stored.seq}")
        seq, last_hash = each.stored.seq, each.stored.hash
    insert_rows(connection, tuple(delta.c), [_row(chain_no, each.stored) for each in batches])
    # A version is published once and the newest of a record alone: none of these adds what another revokes.
    for each in batches:
        if tags.revoke(connection, chain_no, each.revoked, each.stored.seq) != len(each.revoked):
            raise LancangError(Code.INTERNAL, f"chain {chain_no} revokes a tag that does not stand")
    tags.add(connection, chain_no, [new for each in batches for new in each.added])
    connection.execute(
        update(chain)
        .where(chain.c.chain_no == chain_no)
        .values(
            seq=seq,
            hash=last_hash,
            ms=batches[-1].stored.ms,
            cursor_visible=through.visible_no,
            cursor_version=through.version,
        )
    )


def _row(chain_no: int, stored: StoredDelta) -> tuple[object, ...]:
    """In the order of the table's columns."""
    return (
        chain_no,
        stored.seq,
        stored.ms,
        stored.previous,
        stored.hash,
        stored.postings,
        stored.revocations,
    )


def pass_over(connection: Connection, chain_no: int, through: Cursor) -> None:
    """Move a chain past changes that need no delta (withdrawn before they were ever published). Never back."""
    if through < get(connection, chain_no).cursor:
        raise LancangError(Code.BATCH_GAP, f"chain {chain_no} is further already")
    connection.execute(
        update(chain)
        .where(chain.c.chain_no == chain_no)
        .values(cursor_visible=through.visible_no, cursor_version=through.version)
    )


def deltas(connection: Connection, chain_no: int, after_seq: int, limit: int) -> list[StoredDelta]:
    """The deltas of a chain after after_seq in order, at most limit."""
    query = (
        select(delta.c.seq, delta.c.ms, delta.c.previous, delta.c.hash, delta.c.postings, delta.c.revocations)
        .where(delta.c.chain_no == chain_no, delta.c.seq > after_seq)
        .order_by(delta.c.seq)
        .limit(limit)
    )
    return [StoredDelta(*row) for row in connection.execute(query)]


def most_behind(connection: Connection) -> int:
    """How many changes the open chain that is furthest behind has still to publish."""
    return max((unpublished(connection, each) for each in in_state(connection, ChainState.OPEN)), default=0)


def _changes(where: ColumnElement[bool]) -> Select[int, int, bytes, str]:
    return (
        select(change_set.c.visible_no, record_version.c.version, record_version.c.row, record_version.c.kind)
        .join(record_version, record_version.c.set_no == change_set.c.set_no)
        .where(where, newest())
        .order_by(change_set.c.visible_no, record_version.c.version)
    )
