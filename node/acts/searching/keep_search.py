"""Keep searches and their hits, sealed: what proves a hit later, and what opens the asks to an inspector in time.

Those that are searched together are stored in one transaction before their asks leave, and in one when they end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from matcher.scoring import Band
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, Done, record_acts
from node.audit.shared import About, Line, ask_salt
from node.errors import Code
from node.exchange.prepared import PreparedSearch
from node.model.roster import Policy
from node.model.search import Hit, NodeAnswer, Outcome
from node.storage import cases, known_tags, search_marks, searches
from node.storage.known_tags import Known
from node.storage.search_marks import Marks
from node.storage.searches import StoredHit, StoredSearch

_NOT_LOGGED_THERE = frozenset(
    {Code.NODE_UNREACHABLE, Code.NODE_TIMEOUT, Code.NODE_DRAINING, Code.RATE_LIMITED, Code.PEER_SUSPENDED,
     Code.PEER_UNKNOWN, Code.INDEX_MISSING, Code.INDEX_STALE, Code.ROLE_FORBIDDEN}
)  # fmt: skip
"""Why an ask came to nothing before its owner took it up, or here."""


@dataclass(frozen=True, slots=True, repr=False)
class FoundHit:
    """A hit with the ask that paid for it and the positions of the tokens it shares."""

    hit: Hit
    owner: str
    epoch: int
    ask_id: bytes
    case: bytes
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True, repr=False)
class EndedSearch:
    """A search that every peer has answered, or failed to. ask_ids: of those that answered, what they were asked."""

    prepared: PreparedSearch
    hits: tuple[FoundHit, ...]
    answers: tuple[NodeAnswer, ...]
    ask_ids: Mapping[str, bytes]


async def keep_searches(
    node: Node,
    officer: str,
    purpose: str,
    case_number: str,
    made: Sequence[PreparedSearch],
    marks: Mapping[bytes, Marks],
    targets: tuple[str, ...],
) -> dict[str, bytes]:
    """Store searches before their asks leave; returns the case's random handle for each owner.

    marks: by search id, what alarms count.
    """
    now = node.clock.now_ms()
    graces = [copy.statement.grace_until_ms for target in targets for copy in node.copies.view(target).copies.values()]
    expires = kept_until(node.policy, now, graces)
    stored = [
        StoredSearch(each.search_id, officer, purpose, each.encode(), each.subject, now, expires) for each in made
    ]
    fresh = {target: node.random(16) for target in targets}

    def store(connection: Connection) -> dict[str, bytes]:
        handles = cases.handles_for(connection, node.sealer, node.row_keys, case_number, fresh)
        searches.add(connection, node.sealer, stored)
        search_marks.keep(connection, node.sealer, marks)
        sent = [
            _sent(node, officer, target, now, purpose, handle, each)
            for each in made
            for target, handle in handles.items()
        ]
        record_acts(connection, sent)
        return handles

    return await node.write(store)


def _sent(
    node: Node, officer: str, target: str, now: int, purpose: str, handle: bytes, made: PreparedSearch
) -> Done:  # fmt: skip
    """An ask on its way, as its owner will log it."""
    detail: Detail = {
        "search_id": made.search_id.hex(),
        "purpose": purpose,
        "case_handle": handle.hex(),
        "officer": node.pseudonym(officer),
    }
    line = Line(node.alliance, target, node.node_id)
    shared = line.of_search(About.ASK, made.search_id, ask_salt(made.search_seed, target))
    return Done(ActKind.ASK_SENT, officer, target, now, detail, shared.act_id, shared.salt)


def kept_until(policy: Policy, now_ms: int, graces_ms: Iterable[int]) -> int:
    """When a search may be forgotten: not before an inspector's time is over in any epoch that it was asked in.

    graces_ms: when the owners of these epochs erase their side of the asks. An inspection begins before that; what
    answers it is kept for some time more.
    """
    inspected = [grace + policy.inspection_seconds * 1000 for grace in graces_ms]
    return max([now_ms + policy.hit_retention_seconds * 1000, *inspected])


async def keep_ended(node: Node, ended: Sequence[EndedSearch], before: Mapping[bytes, Marks]) -> dict[str, Known]:
    """Store the hits of searches, and that these ended; returns by hit id those whose record was known before."""
    now = node.clock.now_ms()
    expires = now + node.policy.hit_retention_seconds * 1000
    found = [(each.prepared, hit) for each in ended for hit in each.hits]
    marks = [node.row_keys.tag(hit.owner, hit.epoch, bytes.fromhex(hit.hit.tag)) for _, hit in found]

    until = kept_until(node.policy, now, _graces(node, ended))
    counted = {each.prepared.search_id: possible for each in ended if (possible := _possible(each))}

    def store(connection: Connection) -> dict[str, Known]:
        ids = [each.prepared.search_id for each in ended]
        searches.keep_until(connection, ids, until)
        changed = {search_id: replace(before[search_id], possible=number) for search_id, number in counted.items()}
        search_marks.keep(connection, node.sealer, changed)
        searches.add_hits(connection, node.sealer, [_stored(prepared, hit, expires) for prepared, hit in found])
        seen = known_tags.find(connection, marks)
        known, marked = _sorted_out(seen, zip(marks, (hit for _, hit in found), strict=True), now)
        for (owner, epoch), hits in marked.items():
            known_tags.remember(connection, owner, epoch, hits, now, expires)
        record_acts(connection, [act for each in ended for act in _ended(node, each, now)])
        return known

    return await node.write(store)


Chain = tuple[str, int]


def _sorted_out(
    seen: Mapping[bytes, Known], hits: Iterable[tuple[bytes, FoundHit]], now: int
) -> tuple[dict[str, Known], dict[Chain, dict[bytes, bytes]]]:
    """By hit id what was known before it, and by owner and epoch the hit under which each mark is remembered.

    A record that several searches of one group find is known to all of them but the first.
    """
    first = dict(seen)
    known: dict[str, Known] = {}
    marked: dict[Chain, dict[bytes, bytes]] = {}
    for mark, found in hits:
        hit_id = found.hit.hit_id
        if mark in first:
            known[hit_id] = first[mark]
        first.setdefault(mark, Known(bytes.fromhex(hit_id), now))
        marked.setdefault((found.owner, found.epoch), {}).setdefault(mark, bytes.fromhex(hit_id))
    return known, marked


def _graces(node: Node, ended: Iterable[EndedSearch]) -> Iterator[int]:
    """Until when the owners keep these asks: a new epoch may have been taken up since the searches began."""
    for answer in (answer for each in ended for answer in each.answers):
        copy = node.copies.view(answer.node).copies.get(answer.epoch or 0)
        if copy is not None:
            yield copy.statement.grace_until_ms


def _possible(ended: EndedSearch) -> int:
    return sum(found.hit.band == Band.POSSIBLE.value for found in ended.hits)


def _ended(node: Node, ended: EndedSearch, now: int) -> Iterator[Done]:
    """What each owner answered or refused, as it has logged it too, and that the search is over."""
    for answer in ended.answers:
        line = Line(node.alliance, answer.node, node.node_id)
        salt = ask_salt(ended.prepared.search_seed, answer.node)
        if answer.node in ended.ask_ids:
            kind, about = ActKind.ANSWER_RECEIVED, About.ANSWER
            detail: Detail = {
                "ask_id": ended.ask_ids[answer.node].hex(),
                "evaluations": len(ended.prepared.elements),
            }
        elif answer.code and answer.code not in _NOT_LOGGED_THERE and answer.outcome is not Outcome.ERROR:
            kind, about = ActKind.ASK_REFUSED_THERE, About.REFUSAL
            detail = {"code": answer.code}
        else:
            continue
        shared = line.of_search(about, ended.prepared.search_id, salt)
        yield Done(kind, answer.node, answer.node, now, detail, shared.act_id, shared.salt, may_repeat=True)
    yield Done(ActKind.SEARCH, "", "", now, _detail(ended))


def _detail(ended: EndedSearch) -> dict[str, str]:
    """Which node answered is the requester's own log; what it found stands only in the sealed hits."""
    return {
        "search_id": ended.prepared.search_id.hex(),
        "answered": " ".join(sorted(answer.node for answer in ended.answers if answer.outcome.answered)),
        "failed": " ".join(f"{answer.node}:{answer.code}" for answer in ended.answers if not answer.outcome.answered),
    }


def _stored(prepared: PreparedSearch, found: FoundHit, expires_ms: int) -> StoredHit:
    return StoredHit(
        bytes.fromhex(found.hit.hit_id),
        prepared.search_id,
        found.owner,
        found.epoch,
        bytes.fromhex(found.hit.tag),
        found.hit.band,
        found.hit.score,
        found.hit.agreed,
        _proof(prepared, found),
        expires_ms,
    )


def _proof(prepared: PreparedSearch, found: FoundHit) -> bytes:
    """What proof of match will open (protocol.md 8): position, kind and blind of each shared token."""
    opened = [
        {"position": position, "kind": prepared.kinds[position], "blind": prepared.blind(position).hex()}
        for position in found.positions
    ]
    return json.dumps({"ask_id": found.ask_id.hex(), "case": found.case.hex(), "opened": opened}).encode()
