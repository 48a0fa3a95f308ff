"""One peer's part in searches: ask it, verify what it answers, match in the local copy of its index."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from matcher.scoring import Band, Candidate
from node.acts.membership.standing import check_target
from node.acts.runtime.copies import Copy
from node.acts.runtime.node import Node
from node.acts.runtime.peer import Peer
from node.acts.runtime.report_fault import SignedWords, report_answer_fault, report_index_fault
from node.audit.shared import ask_salt
from node.errors import Code, LancangError
from node.exchange.ask import address, open_answer
from node.exchange.match import match
from node.exchange.prepared import PreparedSearch
from node.model.ask import Ask, AskAnswer, AskOutcome
from node.model.roster import Member
from node.model.search import NodeAnswer, Outcome
from node.model.session import ASK_MANY

T = TypeVar("T")
RETRY_SECONDS = 0.1
MOST_HITS = 20


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """What all owners are asked alike, of up to 8 subjects. cases: the case's handle at each; seconds: how long one
    may take."""

    prepared: tuple[PreparedSearch, ...]
    purpose: str
    cases: dict[str, bytes]
    officer: str
    seconds: float


@dataclass(frozen=True, slots=True, repr=False)
class Matched:
    """What one peer's answer gave: the ask that paid for it and the tags found."""

    ask: Ask
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, repr=False)
class _Fault:
    """What an owner did wrong. in_index: in its index, not in its answer."""

    problem: LancangError
    in_index: bool


Found: TypeAlias = tuple[NodeAnswer, Matched | None]
_Opened: TypeAlias = tuple[Candidate, ...] | _Fault | LancangError


async def ask_peer(node: Node, question: Question, target: str) -> list[Found | LancangError]:
    """Ask one peer of every subject and match in its copy: for each what was found, or why it was refused.

    Raises LancangError: why the peer can't be searched at all.
    """
    owner = check_target(node, target)
    copy = node.copies.usable(target, node.clock.now_ms())
    if target not in question.cases:
        raise LancangError(Code.INDEX_MISSING, f"no copy of {target}'s index when the search began")
    size, asked = copy.statement.ask_size, len(question.prepared[0].elements)
    if asked != size:
        raise LancangError(
            Code.EPOCH_CLOSED,
            f"the present epoch of {target} takes asks of {size} elements, those of the others of {asked}: ask it "
            "alone until its next epoch",
        )
    asks = [
        address(
            prepared,
            scope=copy.scope,
            purpose=question.purpose,
            case=question.cases[target],
            signing_key=node.signing,
            officer=question.officer,
            act_salt=ask_salt(prepared.search_seed, target),
        )
        for prepared in question.prepared
    ]
    replies = await _ask(node, target, asks, question.seconds)
    opened = await node.compute(_open_each, node, question.prepared, asks, replies, copy, owner)
    return [await _found(node, target, copy, *each) for each in zip(asks, replies, opened, strict=True)]


async def _found(
    node: Node, target: str, copy: Copy, ask: Ask, reply: AskOutcome, opened: _Opened
) -> Found | LancangError:
    """What one ask came to; an owner's fault is reported."""
    if isinstance(reply, LancangError):
        return reply
    if isinstance(opened, LancangError):
        return opened
    if isinstance(opened, _Fault):
        if opened.in_index:
            # A list without an end: what the owner signed of this index is the evidence.
            head = copy.state.head
            await report_index_fault(node, target, opened.problem, SignedWords(heads=(head,) if head else ()))
        else:
            await report_answer_fault(node, target, opened.problem, ask, reply)
        return opened.problem
    shown = tuple(candidate for candidate in opened if candidate.band is not Band.NONE)[:MOST_HITS]
    code, reason = ("", "")
    if copy.stale(node.clock.now_ms(), node.policy.stale_seconds * 1000):
        code, reason = (
            Code.INDEX_STALE.value,
            "the owner's index is not fresh; the time shown is that of the copy searched",
        )
    answer = NodeAnswer(target, outcome_of(shown), code, reason, copy.scope.epoch, copy.as_of_ms)
    return answer, Matched(ask, shown)


async def _ask(node: Node, target: str, asks: Sequence[Ask], seconds: float) -> list[AskOutcome]:
    """Ask all in one call, or one by one a peer that takes but one, or a single ask."""
    if len(asks) > 1 and ASK_MANY in node.copies.view(target).capabilities:
        try:
            return await _insisting(node, target, lambda peer: peer.ask_many(asks, seconds))
        except LancangError as problem:
            # It went back to an earlier version since it greeted.
            if problem.code is not Code.UNKNOWN_CAPABILITY:
                raise
    return list(await asyncio.gather(*(_ask_one(node, target, ask, seconds) for ask in asks)))


async def _ask_one(node: Node, target: str, ask: Ask, seconds: float) -> AskOutcome:
    try:
        return await _insisting(node, target, lambda peer: peer.ask(ask, seconds))
    except LancangError as problem:
        return problem


async def _insisting(node: Node, target: str, call: Callable[[Peer], Awaitable[T]]) -> T:
    """Call; once more if the line broke though the peer is up: the same ask costs nothing again."""
    try:
        return await call(_peer(node, target))
    except LancangError as problem:
        # Its channel was closed because it was suspended, or left, while it was asked: then that is the answer.
        check_target(node, target)
        if problem.code is not Code.NODE_UNREACHABLE or not node.copies.view(target).connected:
            raise
    await asyncio.sleep(RETRY_SECONDS)
    return await call(_peer(node, target))


def _peer(node: Node, target: str) -> Peer:
    peer = node.peers.get(target)
    if peer is None:
        raise LancangError(Code.NODE_UNREACHABLE, f"no channel to {target} yet")
    return peer


def _open_each(
    node: Node,
    prepared: Sequence[PreparedSearch],
    asks: Sequence[Ask],
    replies: Sequence[AskOutcome],
    copy: Copy,
    owner: Member,
) -> list[_Opened]:
    """For each answer the candidates in the copy, or the owner's fault; a refusal as it came."""
    return [
        reply if isinstance(reply, LancangError) else _open_and_match(node, search, ask, reply, copy, owner)
        for search, ask, reply in zip(prepared, asks, replies, strict=True)
    ]


def _open_and_match(
    node: Node, prepared: PreparedSearch, ask: Ask, reply: AskAnswer, copy: Copy, owner: Member
) -> tuple[Candidate, ...] | _Fault:
    try:
        evaluations = open_answer(
            prepared, ask, reply, public_key=copy.statement.public_key, owner_key=owner.signing_key
        )
    except LancangError as problem:
        return _Fault(problem, in_index=False)
    try:
        found = match(
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
    except LancangError as problem:
        return _Fault(problem, in_index=True)
    return tuple(found)


def outcome_of(candidates: tuple[Candidate, ...]) -> Outcome:
    """How a node answered that gave these."""
    if any(candidate.band is Band.STRONG for candidate in candidates):
        return Outcome.HIT
    return Outcome.POSSIBLE if candidates else Outcome.NONE
