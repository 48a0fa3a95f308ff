"""What officers see of a running node: its state, its peers, the log of its acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from sqlalchemy import Connection

from node.acts.epochs.own_epoch import current_epoch
from node.acts.runtime.copies import PeerView
from node.acts.runtime.node import Node
from node.audit.journal import Act, ActKind, count_since, page
from node.errors import Code
from node.exchange.head import is_stale
from node.model.roster import Member
from node.policy import budgets
from node.storage import chains, publishing, records
from node.storage.chains import ChainState

DAY_MS = 86_400_000
NO_INDEX = "no-index"
SUSPENDED_HERE, SUSPENDED_THERE = "suspended", "suspended-there"


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A node at one moment."""

    node_id: str
    alliance: str
    software_version: str
    roster_version: int
    epoch: int
    live_records: int
    started_ms: int
    now_ms: int
    unpublished_changes: int
    endpoint: str
    draining: bool


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """A peer as this node sees it. state: in-sync, syncing, stale, unreachable, suspended, suspended-there or error."""

    node_id: str
    name: str
    role: str
    endpoint: str
    state: str
    code: str
    reason: str
    epoch: int
    seq: int
    as_of_ms: int
    postings: int
    budget_left_day: int
    budget_left_here_day: int
    roster_version: int


async def status(node: Node) -> NodeStatus:
    """How this node is."""
    live, behind = await node.read(_progress, {member.node_id for member in node.audiences()})
    member = node.roster.roster.member(node.node_id)
    return NodeStatus(
        node_id=node.node_id,
        alliance=node.alliance,
        software_version=version("lancang"),
        roster_version=node.roster.roster.version,
        epoch=current_epoch(node).statement.epoch,
        live_records=live,
        started_ms=node.started_ms,
        now_ms=node.clock.now_ms(),
        unpublished_changes=behind,
        endpoint=member.endpoint if member else "",
        draining=node.draining,
    )


def _progress(connection: Connection, audiences: set[str]) -> tuple[int, int]:
    """Live records, and how far the slowest audience is behind."""
    open_chains = [chain for chain in chains.in_state(connection, ChainState.OPEN) if chain.audience in audiences]
    behind = [publishing.unpublished(connection, chain) for chain in open_chains]
    return records.counts(connection).live, max(behind, default=0)


async def list_peers(node: Node) -> list[PeerStatus]:
    """Every other member, and how its index stands here."""
    now = node.clock.now_ms()
    epoch = current_epoch(node).statement.epoch
    found = []
    for member in node.roster.roster.members:
        if member.node_id == node.node_id:
            continue
        view = node.copies.view(member.node_id)
        copy = view.shown(now)
        stale_ms = node.policy.stale_seconds * 1000
        state, code, reason = (
            _suspended(node, member.node_id) or _without_index(node, member) or _state(view, now, stale_ms)
        )
        theirs = copy.scope.epoch if copy else 0
        spent = await node.read(count_since, ActKind.ASK_SENT, member.node_id, now - DAY_MS) * node.policy.ask_size
        here = await node.read(budgets.left, member.node_id, "", epoch, node.policy.budget, now)
        found.append(
            PeerStatus(
                node_id=member.node_id,
                name=member.name,
                role=member.role.value,
                endpoint=member.endpoint,
                state=state,
                code=code,
                reason=reason,
                epoch=theirs,
                seq=copy.state.position.seq if copy and copy.state.position else 0,
                as_of_ms=copy.as_of_ms if copy else 0,
                postings=copy.state.postings if copy else 0,
                budget_left_day=max(0, node.policy.budget.member_day - spent),
                budget_left_here_day=here.day,
                roster_version=view.roster_version,
            )
        )
    return found


def _without_index(node: Node, member: Member) -> tuple[str, str, str] | None:
    """An observer holds no records, and follows none."""
    if any(member.node_id == other.node_id for other in node.audiences()):
        return None
    return NO_INDEX, "", ""


def _suspended(node: Node, peer: str) -> tuple[str, str, str] | None:
    found = node.suspended.get(peer)
    if found is None:
        return None
    since = datetime.fromtimestamp(found.ms / 1000, UTC)
    reason = f"suspended here since {since:%Y-%m-%d %H:%M} UTC by {found.officer}: {found.reason}"
    return SUSPENDED_HERE, Code.PEER_SUSPENDED.value, reason


def _state(view: PeerView, now_ms: int, stale_ms: int) -> tuple[str, str, str]:
    fault = view.standing_fault
    if fault is not None:
        if fault.code is Code.PEER_SUSPENDED:
            return SUSPENDED_THERE, fault.code.value, fault.detail or fault.title
        away = fault.code in (Code.NODE_UNREACHABLE, Code.NODE_TIMEOUT, Code.NODE_DRAINING, Code.NODE_RESTORED)
        return ("unreachable" if away else "error", fault.code.value, fault.detail or fault.title)
    copy = view.shown(now_ms)
    if copy is None or not view.connected:
        return "syncing", "", ""
    if is_stale(copy.state.head, now_ms, stale_ms):
        return "stale", Code.INDEX_STALE.value, "no signed head for too long"
    return "in-sync", "", ""


async def list_acts(node: Node, after: int, limit: int) -> list[Act]:
    """A page of the log, oldest first."""
    return await node.read(page, after, limit)
