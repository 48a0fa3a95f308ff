"""Search subjects at peers: blind each once, ask each peer, match in the local copies, keep the hits sealed.

A peer that refuses, is away or answers wrongly is an answer of its own; it never fails the search. Subjects that are
searched together share calls and transactions, and nothing else.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from matcher.person import Person
from matcher.subject import canonical_subject
from matcher.tokens import not_compared, query_tokens
from node.acts.membership.roster_in_force import check_in_force
from node.acts.membership.standing import check_target
from node.acts.probing.marks import marks_of
from node.acts.runtime.node import Node
from node.acts.searching.ask_peer import Found, Question, ask_peer
from node.acts.searching.keep_apart import Apart, kept_apart, without_excluded
from node.acts.searching.keep_search import EndedSearch, FoundHit, keep_ended, keep_searches
from node.errors import Code, LancangError
from node.exchange.prepared import PreparedSearch, prepare_ask
from node.model.search import Hit, NodeAnswer, Outcome, SearchResult
from node.observe import INCIDENTS, SEARCHES, whereabouts
from node.storage.known_tags import Known
from node.storage.search_marks import Marks

_log = structlog.get_logger("search")
_AWAY = {Code.NODE_UNREACHABLE: Outcome.UNREACHABLE, Code.NODE_DRAINING: Outcome.UNREACHABLE,
         Code.NODE_RESTORED: Outcome.UNREACHABLE,
         Code.NODE_TIMEOUT: Outcome.TIMEOUT}  # fmt: skip
_REFUSED = frozenset(
    {Code.BUDGET_SPENT, Code.RATE_LIMITED, Code.UNKNOWN_PURPOSE, Code.ROLE_FORBIDDEN, Code.PEER_SUSPENDED,
     Code.PEER_UNKNOWN, Code.EPOCH_CLOSED}
)  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class SearchOrder:
    """What an officer wants done with each subject. peers: node ids; empty: every other holder of records."""

    purpose: str
    case_number: str
    peers: tuple[str, ...]
    officer: str


@dataclass(frozen=True, slots=True, repr=False)
class Subject:
    """Whom to search. query_id: the officer's own name for the question."""

    query_id: str
    person: Person


async def search(node: Node, order: SearchOrder, subject: Subject, seconds: float) -> SearchResult:
    """Search, waiting so many seconds for a peer. Raises LancangError only for what makes all of it impossible."""
    (result,) = await search_together(node, order, (subject,), seconds)
    if isinstance(result, LancangError):
        raise result
    return result


async def search_together(
    node: Node, order: SearchOrder, subjects: Sequence[Subject], seconds: float
) -> list[SearchResult | LancangError]:
    """Search up to 8 subjects, in their order; in place of a result what is wrong with that subject.

    Raises LancangError for what makes all of it impossible.
    """
    _check(node, order)
    size = _ask_size(node, _targets(node, order))
    prepared = await asyncio.gather(*(node.compute(_prepare, node, subject.person, size) for subject in subjects))
    searches = [each for each in prepared if isinstance(each, PreparedSearch)]
    marks = await node.compute(_marks, node, subjects, prepared)
    apart = await kept_apart(node, _by_search(subjects, prepared))
    answers = iter(await _ask_peers(node, order, searches, marks, apart, seconds) if searches else ())
    return [
        each
        if isinstance(each, LancangError)
        else SearchResult(subject.query_id, each.search_id.hex(), next(answers), not_compared(subject.person))
        for subject, each in zip(subjects, prepared, strict=True)
    ]


def _targets(node: Node, order: SearchOrder) -> tuple[str, ...]:
    return order.peers or tuple(member.node_id for member in node.audiences())


def _ask_size(node: Node, targets: Sequence[str]) -> int:
    """Q of the epochs that will be asked: that of most owners while a new policy reaches one epoch after the other."""
    sizes = Counter(
        node.copies.usable(target, node.clock.now_ms()).statement.ask_size
        for target in targets
        if _usable(node, target)
    )
    return max(sizes, key=lambda size: (sizes[size], size), default=node.policy.ask_size)


def _prepare(node: Node, person: Person, size: int) -> PreparedSearch | LancangError:
    tokens = query_tokens(person, size)
    if not tokens:
        return LancangError(Code.SUBJECT_EMPTY, "nothing in the query can be compared")
    try:
        return prepare_ask(tokens, size, canonical_subject(person), node.random)
    except LancangError as problem:
        return problem


def _by_search(subjects: Sequence[Subject], prepared: Sequence[PreparedSearch | LancangError]) -> dict[bytes, Person]:
    return {
        each.search_id: subject.person
        for subject, each in zip(subjects, prepared, strict=True)
        if isinstance(each, PreparedSearch)
    }


def _marks(
    node: Node, subjects: Sequence[Subject], prepared: Sequence[PreparedSearch | LancangError]
) -> dict[bytes, Marks]:
    """By search id, what alarms count of each."""
    return {
        each.search_id: marks_of(node, subject.person)
        for subject, each in zip(subjects, prepared, strict=True)
        if isinstance(each, PreparedSearch)
    }


async def _ask_peers(
    node: Node,
    order: SearchOrder,
    searches: list[PreparedSearch],
    marks: Mapping[bytes, Marks],
    apart: Mapping[bytes, Apart],
    seconds: float,
) -> list[tuple[NodeAnswer, ...]]:
    """The answers of all peers to each search."""
    targets = _targets(node, order)
    asked = tuple(target for target in targets if _usable(node, target))
    cases = await keep_searches(node, order.officer, order.purpose, order.case_number, searches, marks, asked)
    question = Question(tuple(searches), order.purpose, cases, node.pseudonym(order.officer), seconds)
    by_peer = await asyncio.gather(*(_answers(node, question, target) for target in targets))
    ended = [
        _ended(node, each, without_excluded(node, found, apart.get(each.search_id, {})))
        for each, *found in zip(searches, *by_peer, strict=True)
    ]
    known = await keep_ended(node, ended, marks)
    return [tuple(_with_known(answer, known) for answer in each.answers) for each in ended]


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
    node.check_holds_records()
    known = {member.node_id for member in node.audiences()}
    for peer in order.peers:
        if peer not in known:
            raise LancangError(
                Code.INPUT_INVALID,
                f"peer: {peer!r} is no other holder of records here",
                remedy=f"Name one of {', '.join(sorted(known))}, or leave --peer out.",
            )


async def _answers(node: Node, question: Question, target: str) -> list[Found]:
    """What one peer gave for each search; what goes wrong with it is an answer."""
    count = len(question.prepared)
    try:
        async with asyncio.timeout(question.seconds):
            outcomes = await ask_peer(node, question, target)
    except TimeoutError:
        outcomes = [LancangError(Code.NODE_TIMEOUT, "no answer in time")] * count
    except LancangError as problem:
        outcomes = [problem] * count
    except Exception as problem:  # one peer's strangest answer must not cost the others' answers
        _log.error("unforeseen", peer=target, kind=type(problem).__name__, where=whereabouts(problem))
        unforeseen = NodeAnswer(target, Outcome.ERROR, Code.INTERNAL, "see this node's log")
        outcomes = [(unforeseen, None)] * count
    found = [(_failed(target, each), None) if isinstance(each, LancangError) else each for each in outcomes]
    for answer, _ in found:
        SEARCHES.labels(target, answer.outcome.value).inc()
    return found


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


def _ended(node: Node, prepared: PreparedSearch, found: Sequence[Found]) -> EndedSearch:
    """A search with its answers, each hit under an id of its own."""
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
            ask = matched.ask
            kept.append(FoundHit(hit, answer.node, answer.epoch or 0, ask.ask_id, ask.case, candidate.positions))
        answers.append(dataclasses.replace(answer, hits=tuple(hits)))
    ask_ids = {answer.node: matched.ask.ask_id for answer, matched in found if matched is not None}
    return EndedSearch(prepared, tuple(kept), tuple(answers), ask_ids)


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
