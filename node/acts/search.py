"""Search one subject at peers: blind once, ask each, match in the local copies, keep the hits sealed.

A peer that refuses, is away or answers wrongly is an answer of its own; it never fails the search.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from matcher.person import Person
from matcher.scoring import Band, Candidate
from matcher.subject import canonical_subject
from matcher.tokens import not_compared, query_tokens
from node.acts.copies import Copy
from node.acts.keep_search import FoundHit, keep_hits, keep_search
from node.acts.node import Node
from node.acts.peer import Peer
from node.acts.report_fault import report_answer_fault
from node.errors import Code, LancangError
from node.exchange.ask import address, open_answer
from node.exchange.match import match
from node.exchange.prepared import PreparedSearch, prepare_ask
from node.model.ask import Ask
from node.model.search import Hit, NodeAnswer, Outcome, SearchResult
from node.observe import INCIDENTS, SEARCHES, whereabouts

# A search waits no longer than this for one peer, whatever its own deadline.
LONGEST_WAIT_SECONDS = 30.0
MOST_HITS = 20
_log = structlog.get_logger("search")
_AWAY = {Code.NODE_UNREACHABLE: Outcome.UNREACHABLE, Code.NODE_DRAINING: Outcome.UNREACHABLE,
         Code.NODE_TIMEOUT: Outcome.TIMEOUT}  # fmt: skip
_REFUSED = frozenset(
    {Code.BUDGET_SPENT, Code.RATE_LIMITED, Code.UNKNOWN_PURPOSE, Code.ROLE_FORBIDDEN, Code.PEER_SUSPENDED,
     Code.EPOCH_CLOSED}
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
    """Search within so many seconds. Raises LancangError only for what makes the whole search impossible."""
    _check(node, order)
    targets = order.peers or tuple(member.node_id for member in node.audiences())
    size = node.policy.ask_size
    tokens = query_tokens(order.person, size)
    if not tokens:
        raise LancangError(Code.SUBJECT_EMPTY, "nothing in the query can be compared")
    subject = canonical_subject(order.person)
    prepared = await node.compute(prepare_ask, tokens, size, subject, node.random)
    cases = await keep_search(node, order.officer, order.purpose, order.case_number, prepared, subject, targets)
    wait = min(LONGEST_WAIT_SECONDS, max(1.0, seconds - 1.0))
    officer = node.pseudonym(order.officer)
    found = await asyncio.gather(
        *(_answer(node, prepared, target, order.purpose, cases[target], officer, wait) for target in targets)
    )
    hits = [(answer, candidates) for answer, candidates in found]
    answers = await _keep(node, prepared, hits)
    return SearchResult(order.query_id, prepared.search_id.hex(), answers, not_compared(order.person))


def _check(node: Node, order: SearchOrder) -> None:
    roster = node.roster.roster
    if order.purpose not in roster.policy.purposes:
        raise LancangError(Code.UNKNOWN_PURPOSE, f"{order.purpose!r}; known: {', '.join(roster.policy.purposes)}")
    if node.clock.now_ms() >= roster.expires_ms:
        raise LancangError(Code.ROSTER_EXPIRED, f"version {roster.version}")
    known = {member.node_id for member in node.audiences()}
    for peer in order.peers:
        if peer not in known:
            raise LancangError(Code.INPUT_INVALID, f"peer: {peer!r} holds no records in this alliance")


_Found = tuple[NodeAnswer, "_Matched | None"]


@dataclass(frozen=True, slots=True, repr=False)
class _Matched:
    """What one peer's answer gave: the ask that paid for it and the tags found."""

    ask: Ask
    candidates: tuple[Candidate, ...]


async def _answer(
    node: Node, prepared: PreparedSearch, target: str, purpose: str, case: bytes, officer: str, wait: float
) -> _Found:
    try:
        async with asyncio.timeout(wait):
            answer, matched = await _ask_and_match(node, prepared, target, purpose, case, officer, wait)
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


async def _ask_and_match(
    node: Node, prepared: PreparedSearch, target: str, purpose: str, case: bytes, officer: str, wait: float
) -> _Found:
    copy = node.copies.usable(target, node.clock.now_ms())
    peer: Peer = node.peers[target]
    owner = node.roster.roster.member(target)
    if owner is None:
        raise LancangError(Code.PEER_UNKNOWN, target)
    ask = address(prepared, scope=copy.scope, purpose=purpose, case=case, signing_key=node.signing, officer=officer)
    reply = await peer.ask(ask, wait)

    def verify() -> dict[int, bytes]:
        return open_answer(prepared, ask, reply, public_key=copy.statement.public_key, owner_key=owner.signing_key)

    try:
        evaluations = await node.compute(verify)
    except LancangError as problem:
        await report_answer_fault(node, target, problem, ask, reply)
        raise

    candidates = await node.compute(_match, node, prepared, copy, evaluations)
    shown = tuple(candidate for candidate in candidates if candidate.band is not Band.NONE)[:MOST_HITS]
    outcome = _outcome(shown)
    code, reason = ("", "")
    if copy.stale(node.clock.now_ms(), node.policy.stale_seconds * 1000):
        code, reason = (
            Code.INDEX_STALE.value,
            "the owner's index is not fresh; the time shown is that of the copy searched",
        )
    answer = NodeAnswer(target, outcome, code, reason, copy.scope.epoch, copy.as_of_ms)
    return answer, _Matched(ask, shown)


def _match(node: Node, prepared: PreparedSearch, copy: Copy, evaluations: dict[int, bytes]) -> tuple[Candidate, ...]:
    return tuple(
        match(
            prepared.kinds,
            evaluations,
            secret=copy.secret,
            scope=copy.scope,
            lookup=copy.index,
            revoked=copy.revoked,
            population=copy.population,
            prior=node.policy.prior_records,
            list_cap=copy.statement.list_cap,
        )
    )


def _outcome(candidates: tuple[Candidate, ...]) -> Outcome:
    if any(candidate.band is Band.STRONG for candidate in candidates):
        return Outcome.HIT
    return Outcome.POSSIBLE if candidates else Outcome.NONE


async def _keep(node: Node, prepared: PreparedSearch, found: list[_Found]) -> tuple[NodeAnswer, ...]:
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
    await keep_hits(node, prepared, tuple(kept), tuple(answers))
    return tuple(answers)
