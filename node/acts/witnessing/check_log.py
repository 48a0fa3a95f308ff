"""Check this node's own log: that no row was edited by hand, and that it still has every leaf it signed for.

Rows against leaves, leaves against the tree's hashes, the tree against the frontier at which it grows and against every
checkpoint kept.
"""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy import Connection

from node.acts.probing.watch_probing import raise_alarm
from node.acts.runtime.node import Node
from node.audit import journal, kept_tree, tree
from node.audit.journal import Act, ActKind, Detail, record_act
from node.audit.kinds import CODES
from node.audit.leaf import Actors, Leaf, commitments
from node.errors import Code, LancangError
from node.model.alarm import AlarmKind, Concern, Measured
from node.model.checkpoint import MOST_SIZE
from node.storage import checkpoints, log

ACTS_AT_ONCE = 1_000
MOST_FINDINGS = 20
_log = structlog.get_logger("log")


async def check_log(node: Node, rest: float = 0.0) -> tuple[int, tuple[str, ...]]:
    """Check every row; returns how many acts there are, and what is wrong, at most 20 findings.

    What is found is an act and an alarm: whoever edited rows can't keep it quiet. rest: after each thousand acts, so
    many times as long as they took, for whoever searches meanwhile.
    """
    loop = asyncio.get_running_loop()
    actors = Actors(node.node_id, node.keys.officer_pseudonym)
    size = (await node.read(log.state)).size
    front, findings = tree.Frontier(), list[str]()
    forgotten = await node.read(_forgotten)
    for after in range(0, size, ACTS_AT_ONCE):
        began = loop.time()
        findings += await node.read(_rows, actors, front, forgotten, after, min(size, after + ACTS_AT_ONCE))
        await asyncio.sleep(rest * (loop.time() - began))
    findings += await node.read(_tree, node.node_id, front)
    found = tuple(findings[:MOST_FINDINGS])
    if found:
        await node.write(_report, node, found, node.clock.now_ms())
    node.witnessing.findings, node.witnessing.checked = found, size
    return size, found


def _rows(
    connection: Connection, actors: Actors, front: tree.Frontier, forgotten: set[int], after: int, until: int
) -> list[str]:
    """Check the acts after one and up to another, and let the tree grow by their leaves."""
    leaves = list(log.leaves(connection, after, until))
    grown = [above for each in leaves for above in front.append(tree.leaf_hash(each))]
    stored = log.nodes_of(connection, [(above.level, above.index) for above in grown])
    findings = ["the tree's hashes are not those of its leaves"] if stored != [above.hash for above in grown] else []
    try:
        acts = {act.act_no: act for act in journal.page(connection, after, until - after)}
        decoded = [Leaf.decode(each) for each in leaves]
    except ValueError:
        return [*findings, f"acts {after + 1} to {until}: a row in them can't be read"]
    salts = log.salts_between(connection, after, until)
    for act_no, leaf in enumerate(decoded, start=after + 1):
        act = acts.get(act_no)
        wrong = _wrong(act, leaf, salts.get(act_no), actors, forgotten) if act else "its row is missing"
        if wrong:
            findings.append(f"act {act_no}: {wrong}")
    return findings


def _wrong(act: Act, leaf: Leaf, salt: bytes | None, actors: Actors, forgotten: set[int]) -> str:
    """How an act's row differs from its leaf; '' if it does not."""
    actor = actors.shown(act.actor, act.peer)
    if leaf != Leaf(CODES[act.kind], act.act_id, act.ms, actor, act.peer, leaf.commitments):
        return "its row is not what was logged"
    if act.forgotten:
        return "" if act.act_no in forgotten else "its content was erased, and no act says so"
    if salt is None or commitments(salt, act.detail) != leaf.commitments:
        return "its detail is not what was logged"
    return ""


def _tree(connection: Connection, owner: str, front: tree.Frontier) -> list[str]:
    """Check what is stored of the tree against the leaves, and every checkpoint against the tree."""
    findings = list[str]()
    try:
        stands = log.state(connection)
        at_stand = tree.frontier(kept_tree.nodes(connection), stands.size)
        if stands.size < front.size or list(stands.frontier) != at_stand:
            findings.append("the log grows from another tree than its leaves make")
        for signed in checkpoints.every(connection, owner, MOST_SIZE):
            said = signed.checkpoint
            if said.size > stands.size:
                findings.append(f"{stands.size} acts are left of {said.size} that were signed for")
            elif kept_tree.root(connection, said.size) != said.root:
                findings.append(f"the first {said.size} acts are not those that were signed for")
    except LancangError as problem:
        if problem.code is not Code.STORAGE_DAMAGED:
            raise
        findings.append(problem.detail)
    return findings


def _forgotten(connection: Connection) -> set[int]:
    """The numbers of the acts whose content this node says that it erased."""
    found = set[int]()
    for act in journal.all_of(connection, ActKind.ACTS_FORGOTTEN):
        found |= {int(number) for number in str(act.detail.get("numbers", "")).split()}
    return found


def _report(connection: Connection, node: Node, findings: tuple[str, ...], now: int) -> None:
    """Once while the alarm is open: a check finds the same again each time."""
    if raise_alarm(connection, node, Measured(Concern(AlarmKind.LOG_ALTERED), len(findings), 1), now) is None:
        return
    detail: Detail = {"code": Code.LOG_ALTERED.value, "findings": "; ".join(findings)}
    record_act(connection, ActKind.LOG_ALTERED, node.node_id, "", now, detail)
    _log.error("the log was altered", code=Code.LOG_ALTERED.value, findings=findings)
