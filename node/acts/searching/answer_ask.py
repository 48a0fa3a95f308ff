"""Answer asks as their owner: check, charge before work, evaluate and prove in threads, sign, log.

Asks that come in one call share a transaction for their charges and another for their log. Else each is charged,
answered or refused as if it had come alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from node.acts.epochs.own_epoch import current_epoch, serving_own
from node.acts.membership.roster_in_force import check_in_force
from node.acts.membership.standing import check_still, member_of
from node.acts.runtime.node import Node
from node.acts.runtime.serving import ServingEpoch
from node.audit.journal import ActKind, Detail, Done, record_acts, record_shared
from node.audit.shared import About, Line
from node.errors import Code, LancangError
from node.exchange import ask as rules
from node.model.ask import Ask, AskAnswer, AskOutcome
from node.model.officer import Caller
from node.model.scope import Scope
from node.observe import ASK_SECONDS, ASKS
from node.policy import budgets
from node.storage import asks as table

_log = structlog.get_logger("asks")


@dataclass(slots=True, repr=False)
class _Work:
    """An ask on its way. epoch: which is to answer; outcome: None until it has one."""

    ask: Ask
    epoch: ServingEpoch
    outcome: AskOutcome | None = None


async def answer_ask(node: Node, ask: Ask, caller: Caller) -> AskAnswer:
    """Evaluate every element of an ask once its budget is charged; the same ask again costs nothing.

    Raises LancangError: what is wrong with the ask, RATE_LIMITED, BUDGET_SPENT; a refusal is logged as an act.
    """
    (outcome,) = await answer_asks(node, (ask,), caller)
    if isinstance(outcome, LancangError):
        raise outcome
    return outcome


async def answer_asks(node: Node, asks: Sequence[Ask], caller: Caller) -> list[AskOutcome]:
    """Answer the asks of one call, in their order; what answer_ask would raise stands in an answer's place."""
    outcomes: dict[int, AskOutcome] = {}
    for place in range(len(asks)):
        try:
            node.asks_rate.check(caller.name, node.clock.now_ms())
        except LancangError as problem:
            # Not an act: whoever floods must not fill the log as well.
            outcomes[place] = problem
    due = [place for place in range(len(asks)) if place not in outcomes]
    if due:
        with ASK_SECONDS.time():
            answers = await _answer(node, [asks[place] for place in due], caller)
        outcomes.update(zip(due, answers, strict=True))
    for outcome in outcomes.values():
        ASKS.labels(caller.name, outcome.code.value if isinstance(outcome, LancangError) else "OK").inc()
    return [outcomes[place] for place in range(len(asks))]


async def _answer(node: Node, asks: Sequence[Ask], caller: Caller) -> list[AskOutcome]:
    """Answer or refuse every ask, and log which."""
    try:
        outcomes = await _work(node, asks, caller)
    except LancangError as problem:
        # The roster, the caller's standing, the disk: what is wrong there is wrong for all.
        outcomes = [problem] * len(asks)
    acts = [_ended(node, ask, outcome, caller) for ask, outcome in zip(asks, outcomes, strict=True)]
    await node.write(record_acts, acts)
    return outcomes


async def _work(node: Node, asks: Sequence[Ask], caller: Caller) -> list[AskOutcome]:
    """Raises LancangError for what stands against all asks."""
    now = node.clock.now_ms()
    check_in_force(node)
    requester = member_of(node, caller.name)
    admitted = [_admit(node, ask, caller, now) for ask in asks]
    works = [work for work in admitted if isinstance(work, _Work)]
    await node.compute(_check, works, requester.signing_key)
    charged = _open(works)
    refusals = await node.write(_charge_all, node, charged, now)
    for work, refusal in zip(charged, refusals, strict=True):
        work.outcome = refusal
    # A turn in the threads for each: asks of other calls come between, and no core waits for the last of these.
    await asyncio.gather(*(node.compute(_evaluate, node, work) for work in _open(works)))
    check_still(node, caller, requester)
    return [_outcome(work) for work in admitted]


def _open(works: Sequence[_Work]) -> list[_Work]:
    return [work for work in works if work.outcome is None]


def _outcome(work: _Work | LancangError) -> AskOutcome:
    if isinstance(work, LancangError):
        return work
    return work.outcome or LancangError(Code.INTERNAL, "an ask was left without an outcome")


def _admit(node: Node, ask: Ask, caller: Caller, now: int) -> _Work | LancangError:
    """The ask with the epoch that is to answer it, or the refusal: who asks whom, for what, or when is wrong."""
    try:
        return _Work(ask, _epoch_for(node, ask, caller, now))
    except LancangError as problem:
        return problem


def _epoch_for(node: Node, ask: Ask, caller: Caller, now: int) -> ServingEpoch:
    if ask.scope != Scope(node.alliance, node.node_id, caller.name, ask.scope.epoch):
        raise LancangError(Code.ASK_ALTERED, "the ask is addressed to another node, or comes from another one")
    if ask.purpose not in node.policy.purposes:
        raise LancangError(Code.UNKNOWN_PURPOSE, f"{ask.purpose!r}")
    if not ask.officer:
        raise LancangError(Code.INPUT_INVALID, "officer: an ask declares its officer's pseudonym")
    return serving_own(node, ask.scope.epoch, now)


def _check(works: Sequence[_Work], requester_key: bytes) -> None:
    for work in works:
        try:
            rules.check_ask(work.ask, requester_key, work.epoch.statement.ask_size)
        except LancangError as problem:
            work.outcome = problem


def _charge_all(connection: Connection, node: Node, works: Sequence[_Work], now: int) -> list[LancangError | None]:
    """Charge each ask in its order; for each the refusal, None if it is paid for."""
    refusals: list[LancangError | None] = []
    for work in works:
        try:
            _charge(connection, node, work, now)
            refusals.append(None)
        except LancangError as problem:
            # Raised before anything is written of this ask.
            refusals.append(problem)
    return refusals


def _charge(connection: Connection, node: Node, work: _Work, now: int) -> None:
    """Charge and store an ask, or find that this very ask was charged before. Writes nothing if it refuses."""
    ask, scope, size = work.ask, work.ask.scope, work.epoch.statement.ask_size
    if table.known(connection, ask):
        return
    # Both epochs draw on one budget while the older one is still answered (protocol.md 12).
    epoch = current_epoch(node).statement.epoch
    budgets.charge(connection, scope.audience, ask.officer, epoch, size, node.policy.budget, now)
    table.add(connection, ask, size, now)
    detail: Detail = {
        "ask_id": ask.ask_id.hex(),
        "search_id": ask.search_id.hex(),
        "epoch": scope.epoch,
        "purpose": ask.purpose,
        "case_handle": ask.case.hex(),
        "officer": ask.officer,
        "elements": size,
    }
    shared = Line(node.alliance, node.node_id, scope.audience).of_search(About.ASK, ask.search_id, ask.act_salt)
    record_shared(connection, ActKind.ASK_RECEIVED, ask.officer, scope.audience, now, detail, shared)


def _evaluate(node: Node, work: _Work) -> None:
    try:
        work.outcome = rules.answer_ask(work.ask, work.epoch.key, node.signing, node.clock.now_ms())
    except LancangError as problem:
        work.outcome = problem


def _ended(node: Node, ask: Ask, outcome: AskOutcome, caller: Caller) -> Done:
    """How an ask ended, as an act."""
    asked = ask.ask_id.hex()
    line = Line(node.alliance, node.node_id, caller.name)
    if isinstance(outcome, AskAnswer):
        answered: Detail = {"ask_id": asked, "evaluations": len(outcome.evaluated)}
        shared = line.of_search(About.ANSWER, ask.search_id, ask.act_salt)
        return Done(ActKind.ASK_ANSWERED, node.node_id, caller.name, outcome.ms, answered,
                    shared.act_id, shared.salt, may_repeat=True)  # fmt: skip
    _log.info("ask refused", peer=caller.name, code=outcome.code.value)
    refused = {"ask_id": asked, "code": outcome.code.value, "purpose": ask.purpose}
    shared = line.of_search(About.REFUSAL, ask.search_id, ask.act_salt)
    return Done(ActKind.REFUSAL, node.node_id, caller.name, node.clock.now_ms(), refused,
                shared.act_id, shared.salt, may_repeat=True)  # fmt: skip
