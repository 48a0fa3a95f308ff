"""Make an exclusion, take it back, list them. A person decides it, at either end; the other end is told by a letter.

The letter names a disclosure request, which both ends know. Of a hit for which nothing was asked the owner knows
nothing and is told nothing: an exclusion would tell it that the search had found this record (decision 0027).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from node.acts.courier.queue import post
from node.acts.disclosing.kept_apart import marks_of_line, pair_marks, record_marks
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange.disclosure import read_request
from node.exchange.documents import read_document
from node.exchange.exclusion import sign_exclusion
from node.model.courier import Kind
from node.model.exclusion import (
    EXCLUSION_ID_BYTES,
    LONGEST_WORDS,
    Exclusion,
    ExclusionGround,
    ExclusionSide,
    ExclusionWord,
)
from node.storage import exclusions, requests_in, requests_out, searches

MOST_LISTED: Final = 500


@dataclass(frozen=True, slots=True, repr=False)
class Why:
    """What an officer says for it. reason: in his words, kept at this node alone."""

    ground: ExclusionGround
    reason: str


async def exclude_hit(node: Node, hit_id: bytes, why: Why, officer: str) -> Exclusion:
    """At the requester: the record of a hit is another person's. Raises HIT_UNKNOWN, INPUT_INVALID."""
    _check(why)

    def keep(connection: Connection) -> Exclusion:
        hit = searches.get_hit(connection, node.sealer, hit_id)
        search = None if hit is None else searches.get(connection, node.sealer, hit.search_id)
        if hit is None or search is None:
            raise LancangError(Code.HIT_UNKNOWN)
        asked = requests_out.of_hit(connection, node.sealer, hit_id)
        made = _made(node, ExclusionSide.REQUESTER, hit.owner, why, officer, request=asked.digest if asked else b"")
        exclusions.add(connection, node.sealer, made, marks_of_line(node, search.subject))
        for mark, epoch in record_marks(connection, node, hit.owner, hit.epoch, hit.tag):
            exclusions.add_tag(connection, made.exclusion_id, mark, hit.owner, epoch)
        _tell(connection, node, made, removed=False)
        return made

    return await node.write(keep)


async def exclude_asked(node: Node, record_id: str, beginning: str, why: Why, officer: str) -> Exclusion:
    """At the owner: a request is not about the person of the record it names.

    record_id: that record's, so that nobody excludes another one by a slip. Raises REQUEST_UNKNOWN, RECORD_NOT_FOUND,
    INPUT_INVALID.
    """
    _check(why)

    def keep(connection: Connection) -> Exclusion:
        asked = requests_in.get(connection, node.sealer, requests_in.named(connection, beginning))
        if asked.received is None:
            raise LancangError(Code.REQUEST_EXPIRED, "what was asked is erased")
        if asked.received.row != node.row_keys.record(record_id):
            raise LancangError(Code.RECORD_NOT_FOUND, "the request is about another record")
        made = _made(node, ExclusionSide.OWNER, asked.requester, why, officer, request=asked.digest)
        made = replace(made, row=asked.received.row)
        said = read_request(read_document(asked.received.document))
        exclusions.add(connection, node.sealer, made, pair_marks(node, said))
        _tell(connection, node, made, removed=False)
        return made

    return await node.write(keep)


async def remove_exclusion(node: Node, beginning: str, reason: str, officer: str) -> Exclusion:
    """Take back what was made here, by the beginning of its id; the other end is told.

    Raises LancangError EXCLUSION_UNKNOWN, INPUT_INVALID, ROLE_FORBIDDEN if the other end made it.
    """
    _check(Why(ExclusionGround.ANOTHER, reason))

    def take_back(connection: Connection) -> Exclusion:
        found = exclusions.named(connection, node.sealer, beginning)
        if not found.made_here:
            remedy = f"Ask {found.peer.upper()} to remove it: exclusion {found.exclusion_id.hex()}."
            raise LancangError(Code.ROLE_FORBIDDEN, "the other end made it", remedy=remedy)
        now = node.clock.now_ms()
        exclusions.remove(connection, node.sealer, found, now, reason.strip())
        _tell(connection, node, replace(found, officer=officer, removed_ms=now), removed=True)
        return replace(found, removed_ms=now)

    return await node.write(take_back)


async def list_exclusions(node: Node, *, every: bool) -> list[Exclusion]:
    """Standing exclusions, or every one, the newest first."""

    def read(connection: Connection) -> list[Exclusion]:
        return exclusions.listed(connection, node.sealer, every=every)[:MOST_LISTED]

    return await node.read(read)


def _check(why: Why) -> None:
    if not why.reason.strip() or len(why.reason) > LONGEST_WORDS:
        raise LancangError(Code.INPUT_INVALID, f"reason: 1 to {LONGEST_WORDS} characters")
    if any(not character.isprintable() and character != "\n" for character in why.reason):
        raise LancangError(Code.INPUT_INVALID, "reason: holds characters that can't be printed")


def _made(node: Node, side: ExclusionSide, peer: str, why: Why, officer: str, *, request: bytes) -> Exclusion:
    return Exclusion(
        exclusion_id=node.random(EXCLUSION_ID_BYTES),
        side=side,
        peer=peer,
        officer=officer,
        ground=why.ground,
        made_ms=node.clock.now_ms(),
        removed_ms=0,
        row=b"",
        request=request,
        reason=why.reason.strip(),
    )


def _tell(connection: Connection, node: Node, one: Exclusion, *, removed: bool) -> None:
    """The letter where the other end knows of the pair, and the act."""
    now = node.clock.now_ms()
    if one.request:
        word = ExclusionWord(
            node.alliance, node.node_id, one.peer, one.exclusion_id, one.request, one.ground, removed, now
        )
        body = sign_exclusion(word, node.signing).encode()
        post(connection, node, one.peer, one.exclusion_id, Kind.EXCLUSION, body, now)
    kind = ActKind.EXCLUSION_REMOVED if removed else ActKind.EXCLUSION_MADE
    detail: Detail = {"exclusion": one.exclusion_id.hex(), "ground": one.ground.value, "side": one.side.value}
    record_act(connection, kind, one.officer, one.peer, now, detail)
