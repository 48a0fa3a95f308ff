"""Answer an ask as its owner: check, charge before work, evaluate and prove in a thread, sign, log."""

from __future__ import annotations

import structlog
from sqlalchemy import Connection

from node.acts.node import Node
from node.acts.own_epoch import current_epoch, serving_own
from node.acts.roster_in_force import check_in_force
from node.acts.standing import check_still, member_of
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange import ask as rules
from node.model.ask import Ask, AskAnswer
from node.model.officer import Caller
from node.model.scope import Scope
from node.observe import ASK_SECONDS, ASKS
from node.policy import budgets
from node.storage import asks

_log = structlog.get_logger("asks")


async def answer_ask(node: Node, ask: Ask, caller: Caller) -> AskAnswer:
    """Evaluate every element of an ask once its budget is charged; the same ask again costs nothing.

    Raises LancangError: what is wrong with the ask, RATE_LIMITED, BUDGET_SPENT; a refusal is logged as an act.
    """
    try:
        node.asks_rate.check(caller.name, node.clock.now_ms())
    except LancangError as problem:
        # Not an act: whoever floods must not fill the log as well.
        ASKS.labels(caller.name, problem.code.value).inc()
        raise
    try:
        with ASK_SECONDS.time():
            answer = await _answer(node, ask, caller)
    except LancangError as problem:
        ASKS.labels(caller.name, problem.code.value).inc()
        await _log_refusal(node, ask, caller, problem)
        raise
    ASKS.labels(caller.name, "OK").inc()
    return answer


async def _answer(node: Node, ask: Ask, caller: Caller) -> AskAnswer:
    now, policy = node.clock.now_ms(), node.policy
    check_in_force(node)
    requester = member_of(node, caller.name)
    expected = Scope(node.alliance, node.node_id, caller.name, ask.scope.epoch)
    if ask.scope != expected:
        raise LancangError(Code.ASK_ALTERED, "the ask is addressed to another node, or comes from another one")
    if ask.purpose not in policy.purposes:
        raise LancangError(Code.UNKNOWN_PURPOSE, f"{ask.purpose!r}")
    if not ask.officer:
        raise LancangError(Code.INPUT_INVALID, "officer: an ask declares its officer's pseudonym")
    epoch = serving_own(node, ask.scope.epoch, now)
    size = epoch.statement.ask_size
    await node.compute(rules.check_ask, ask, requester.signing_key, size)
    act_id = node.random(16)
    await node.write(_charge, node, ask, act_id, size, now)
    answer = await node.compute(rules.answer_ask, ask, epoch.key, node.signing, node.clock.now_ms())
    check_still(node, caller, requester)
    detail: Detail = {"ask_id": ask.ask_id.hex(), "evaluations": len(answer.evaluated)}
    await node.write(record_act, ActKind.ASK_ANSWERED, node.node_id, caller.name, answer.ms, detail)
    return answer


def _charge(connection: Connection, node: Node, ask: Ask, act_id: bytes, size: int, now: int) -> None:
    """Store and charge the ask, or find that this very ask was charged before."""
    if not asks.add(connection, ask, size, now):
        return
    scope = ask.scope
    # Both epochs draw on one budget while the older one is still answered (protocol.md 12).
    epoch = current_epoch(node).statement.epoch
    budgets.charge(connection, scope.audience, ask.officer, epoch, size, node.policy.budget, now)
    detail: Detail = {
        "ask_id": ask.ask_id.hex(),
        "epoch": scope.epoch,
        "purpose": ask.purpose,
        "case_handle": ask.case.hex(),
        "officer": ask.officer,
        "elements": size,
    }
    record_act(connection, ActKind.ASK_RECEIVED, ask.officer, scope.audience, now, detail, act_id=act_id)


async def _log_refusal(node: Node, ask: Ask, caller: Caller, problem: LancangError) -> None:
    detail = {"ask_id": ask.ask_id.hex(), "code": problem.code.value, "purpose": ask.purpose}
    _log.info("ask refused", peer=caller.name, code=problem.code.value)
    await node.write(record_act, ActKind.REFUSAL, node.node_id, caller.name, node.clock.now_ms(), detail)
