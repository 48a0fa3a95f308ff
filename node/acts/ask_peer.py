"""One peer's part in a search: ask it, verify what it answers, match in the local copy of its index."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from matcher.scoring import Band, Candidate
from node.acts.copies import Copy
from node.acts.node import Node
from node.acts.peer import Peer
from node.acts.report_fault import SignedWords, report_answer_fault, report_index_fault
from node.acts.standing import check_target
from node.errors import Code, LancangError
from node.exchange.ask import address, open_answer
from node.exchange.match import match
from node.exchange.prepared import PreparedSearch
from node.model.ask import Ask, AskAnswer
from node.model.roster import Member
from node.model.search import NodeAnswer, Outcome

RETRY_SECONDS = 0.1
MOST_HITS = 20


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """What all owners are asked alike. cases: the case's handle at each; seconds: how long one may take."""

    prepared: PreparedSearch
    purpose: str
    cases: dict[str, bytes]
    officer: str
    seconds: float


@dataclass(frozen=True, slots=True, repr=False)
class Matched:
    """What one peer's answer gave: the ask that paid for it and the tags found."""

    ask: Ask
    candidates: tuple[Candidate, ...]


Found = tuple[NodeAnswer, Matched | None]


async def ask_peer(node: Node, question: Question, target: str) -> Found:
    """Ask one peer and match in its copy. Raises LancangError: why it can't be searched, or what it did wrong."""
    owner = check_target(node, target)
    copy = node.copies.usable(target, node.clock.now_ms())
    if target not in question.cases:
        raise LancangError(Code.INDEX_MISSING, f"no copy of {target}'s index when the search began")
    prepared = question.prepared
    ask = address(
        prepared,
        scope=copy.scope,
        purpose=question.purpose,
        case=question.cases[target],
        signing_key=node.signing,
        officer=question.officer,
    )
    reply = await _ask(node, target, ask, question.seconds)
    try:
        fault, candidates = await node.compute(_open_and_match, node, prepared, ask, reply, copy, owner)
    except LancangError as problem:
        # A list without an end: what the owner signed of this index is the evidence.
        head = copy.state.head
        await report_index_fault(node, target, problem, SignedWords(heads=(head,) if head else ()))
        raise
    if fault is not None:
        await report_answer_fault(node, target, fault, ask, reply)
        raise fault
    shown = tuple(candidate for candidate in candidates if candidate.band is not Band.NONE)[:MOST_HITS]
    outcome = _outcome(shown)
    code, reason = ("", "")
    if copy.stale(node.clock.now_ms(), node.policy.stale_seconds * 1000):
        code, reason = (
            Code.INDEX_STALE.value,
            "the owner's index is not fresh; the time shown is that of the copy searched",
        )
    answer = NodeAnswer(target, outcome, code, reason, copy.scope.epoch, copy.as_of_ms)
    return answer, Matched(ask, shown)


async def _ask(node: Node, target: str, ask: Ask, seconds: float) -> AskAnswer:
    """Ask; once more if the line broke though the peer is up: the same ask costs nothing again."""
    try:
        return await _peer(node, target).ask(ask, seconds)
    except LancangError as problem:
        # Its channel was closed because it was suspended, or left, while it was asked: then that is the answer.
        check_target(node, target)
        if problem.code is not Code.NODE_UNREACHABLE or not node.copies.view(target).connected:
            raise
    await asyncio.sleep(RETRY_SECONDS)
    return await _peer(node, target).ask(ask, seconds)


def _peer(node: Node, target: str) -> Peer:
    peer = node.peers.get(target)
    if peer is None:
        raise LancangError(Code.NODE_UNREACHABLE, f"no channel to {target} yet")
    return peer


def _open_and_match(
    node: Node, prepared: PreparedSearch, ask: Ask, reply: AskAnswer, copy: Copy, owner: Member
) -> tuple[LancangError | None, tuple[Candidate, ...]]:
    """What is wrong with the answer, if anything; else the candidates in the copy. Raises LancangError(INDEX_FAULT)."""
    try:
        evaluations = open_answer(
            prepared, ask, reply, public_key=copy.statement.public_key, owner_key=owner.signing_key
        )
    except LancangError as problem:
        return problem, ()
    return None, tuple(
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
