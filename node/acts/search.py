"""Search one subject at peers: blind once, ask each, match in the local copies, keep the hits sealed.

A peer that refuses, is away or answers wrongly is an answer of its own; it never fails the search.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from matcher.person import Person
from matcher.subject import canonical_subject
from matcher.tokens import not_compared, query_tokens
from node.acts.ask_peer import Found, Question, ask_peer
from node.acts.keep_search import FoundHit, keep_hits, keep_search
from node.acts.node import Node
from node.acts.roster_in_force import check_in_force
from node.acts.standing import check_target
from node.errors import Code, LancangError
from node.exchange.prepared import PreparedSearch, prepare_ask
from node.model.search import Hit, NodeAnswer, Outcome, SearchResult
from node.observe import INCIDENTS, SEARCHES, whereabouts
from node.storage.known_tags import Known

_log = structlog.get_logger("search")
_AWAY = {Code.NODE_UNREACHABLE: Outcome.UNREACHABLE, Code.NODE_DRAINING: Outcome.UNREACHABLE,
         Code.NODE_TIMEOUT: Outcome.TIMEOUT}  # fmt: skip
_REFUSED = frozenset(
    {Code.BUDGET_SPENT, Code.RATE_LIMITED, Code.UNKNOWN_PURPOSE, Code.ROLE_FORBIDDEN, Code.PEER_SUSPENDED,
     Code.PEER_UNKNOWN, Code.EPOCH_CLOSED}
)  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class SearchOrder:
    """What an officer wants searched. peers: node ids; empty: every other holder of records."""

    query_id: str
    person: Person
    purpose: str
    case_number: str
    peers: tuple[str, ...]
    officer: str


async def search(node: Node, order: SearchOrder, seconds: float) -> SearchResult:
    """Search, waiting so many seconds for a peer. Raises LancangError only for what makes all of it impossible."""
    _check(node, order)
    size = node.policy.ask_size
    tokens = query_tokens(order.person, size)
    if not tokens:
        raise LancangError(Code.SUBJECT_EMPTY, "nothing in the query can be compared")
    subject = canonical_subject(order.person)
    prepared = await node.compute(prepare_ask, tokens, size, subject, node.random)
    targets = order.peers or tuple(member.node_id for member in node.audiences())
    asked = tuple(target for target in targets if _usable(node, target))
    cases = await keep_search(node, order.officer, order.purpose, order.case_number, prepared, subject, asked)
    question = Question(prepared, order.purpose, cases, node.pseudonym(order.officer), seconds)
    found = await asyncio.gather(*(_answer(node, question, target) for target in targets))
    answers = await _keep(node, prepared, found)
    return SearchResult(order.query_id, prepared.search_id.hex(), answers, not_compared(order.person))


def _usable(node: Node, target: str) -> bool:
    """Whether an ask will leave for a peer: what never leaves is not logged as sent."""
    try:
        check_target(node, target)
        node.copies.usable(target, node.clock.now_ms())
    except LancangError:
        return False
    return True


def _check(node: Node, order: SearchOrder) -> None:
    roster = node.roster.roster
    if order.purpose not in roster.policy.purposes:
        raise LancangError(Code.UNKNOWN_PURPOSE, f"{order.purpose!r}; known: {', '.join(roster.policy.purposes)}")
    check_in_force(node)
    known = {member.node_id for member in node.audiences()}
    for peer in order.peers:
        if peer not in known:
            raise LancangError(
                Code.INPUT_INVALID,
                f"peer: {peer!r} is no other holder of records here",
                remedy=f"Name one of {', '.join(sorted(known))}, or leave --peer out.",
            )


async def _answer(node: Node, question: Question, target: str) -> Found:
    try:
        async with asyncio.timeout(question.seconds):
            answer, matched = await ask_peer(node, question, target)
    except TimeoutError:
        answer, matched = NodeAnswer(target, Outcome.TIMEOUT, Code.NODE_TIMEOUT, "no answer in time"), None
    except LancangError as problem:
        answer, matched = _failed(target, problem), None
    except Exception as problem:  # one peer's strangest answer must not cost the others' answers
        _log.error("unforeseen", peer=target, kind=type(problem).__name__, where=whereabouts(problem))
        answer, matched = NodeAnswer(target, Outcome.ERROR, Code.INTERNAL, "see this node's log"), None
    SEARCHES.labels(target, answer.outcome.value).inc()
    return answer, matched


def _failed(target: str, problem: LancangError) -> NodeAnswer:
    reason = problem.detail or problem.title
    if problem.retry_after_ms is not None:
        reason = f"{reason}; again in {max(1, problem.retry_after_ms // 1000)} s"
    if problem.code in _AWAY:
        return NodeAnswer(target, _AWAY[problem.code], problem.code, reason)
    if problem.code in _REFUSED:
        return NodeAnswer(target, Outcome.REFUSED, problem.code, reason)
    INCIDENTS.labels(target, problem.code.value).inc()
    _log.warning("peer refused by name", peer=target, code=problem.code.value, detail=problem.detail)
    return NodeAnswer(target, Outcome.ERROR, problem.code, reason)


async def _keep(node: Node, prepared: PreparedSearch, found: list[Found]) -> tuple[NodeAnswer, ...]:
    """Store what was found, sealed, and give each hit its id."""
    kept: list[FoundHit] = []
    answers: list[NodeAnswer] = []
    for answer, matched in found:
        if matched is None or not matched.candidates:
            answers.append(answer)
            continue
        hits = []
        for candidate in matched.candidates:
            hit = Hit(
                node.random(8).hex(), candidate.tag.hex(), candidate.band.value, candidate.score, candidate.agreed
            )
            hits.append(hit)
            kept.append(FoundHit(hit, answer.node, answer.epoch or 0, matched.ask.ask_id, candidate.positions))
        answers.append(
            NodeAnswer(
                answer.node, answer.outcome, answer.code, answer.reason, answer.epoch, answer.as_of_ms, tuple(hits)
            )
        )
    known = await keep_hits(node, prepared, tuple(kept), tuple(answers))
    return tuple(_with_known(answer, known) for answer in answers)


def _with_known(answer: NodeAnswer, known: Mapping[str, Known]) -> NodeAnswer:
    """Say of each hit whether its record was found before: a rotation must not make an old lead look new."""
    if not any(hit.hit_id in known for hit in answer.hits):
        return answer
    hits = tuple(
        dataclasses.replace(hit, first_hit_id=first.hit_id.hex(), first_ms=first.first_ms)
        if (first := known.get(hit.hit_id)) is not None
        else hit
        for hit in answer.hits
    )
    return dataclasses.replace(answer, hits=hits)
