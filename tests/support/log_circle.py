"""Three nodes in this process, without doors or jobs, each a witness of the others' logs, on lines that can be cut."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from node.acts.founding.found_federation import found_federation
from node.acts.membership.roster_in_force import take_up_roster
from node.acts.runtime.node import Node
from node.acts.upkeep.recover import recover
from node.acts.witnessing.prove import prove_consistency, shared_acts
from node.acts.witnessing.vouch import known_checkpoints, vouch
from node.app.run import _opened
from node.audit.checkpoints import Beginning
from node.audit.journal import ActKind, all_of, record_act
from node.clock import SystemClock
from node.config import Home, load_settings
from node.errors import Code, LancangError
from node.model.checkpoint import Cosignature, SharedPage, SignedCheckpoint
from node.model.officer import Caller, Role
from node.storage import alarms
from node.v1 import audit_pb2
from node.wire import audit as wire
from tests.support.federation import roomy_policy

NAMES = ("cn", "la", "th")


@dataclass(slots=True)
class AuditLine:
    """One node as another one's peer, for its log alone. away: nothing comes through; lost: no answer does."""

    caller: Node
    callee: Node
    away: bool = False
    lost: bool = False

    @property
    def node_id(self) -> str:
        """Who is called."""
        return self.callee.node_id

    async def cosign(
        self, signed: SignedCheckpoint, from_size: int, proof: Sequence[bytes], beginning: Beginning | None
    ) -> Cosignature:
        """As the messages travel."""
        self._reach()
        sent = wire.cosign_to_message(signed, from_size, proof, beginning).SerializeToString()
        request = audit_pb2.CosignRequest.FromString(sent)
        given = await vouch(
            self.callee,
            Caller(self.caller.node_id, Role.MEMBER, ""),
            wire.checkpoint_from_message(request.checkpoint),
            request.from_size,
            wire.proof_from_bytes(request.proof, "proof"),
            wire.beginning_from_message(request),
        )
        if self.lost:
            raise LancangError(Code.NODE_TIMEOUT)
        return wire.cosignature_from_message(wire.cosignature_to_message(given))

    async def checkpoints(self, owner: str = "") -> list[SignedCheckpoint]:
        """As the messages travel."""
        self._reach()
        found = await known_checkpoints(self.callee, owner)
        return [wire.checkpoint_from_message(wire.checkpoint_to_message(each)) for each in found]

    async def consistency(self, first: int, size: int) -> list[bytes]:
        """A proof."""
        self._reach()
        return await prove_consistency(self.callee, first, size)

    async def shared(self, after: int, limit: int, size: int) -> SharedPage:
        """As the messages travel."""
        self._reach()
        page = await shared_acts(self.callee, Caller(self.caller.node_id, Role.MEMBER, ""), after, limit, size)
        return wire.shared_from_message(wire.shared_to_message(page))

    def _reach(self) -> None:
        if self.away:
            raise LancangError(Code.NODE_UNREACHABLE)


@dataclass(slots=True)
class Circle:
    """The nodes by name, and the lines by who calls whom."""

    nodes: dict[str, Node]
    lines: dict[tuple[str, str], AuditLine] = field(default_factory=dict)

    def connect(self) -> None:
        """Everybody to everybody."""
        for caller in self.nodes.values():
            peers = {name: AuditLine(caller, callee) for name, callee in self.nodes.items() if callee is not caller}
            self.lines |= {(caller.node_id, name): line for name, line in peers.items()}
            caller.peers = peers  # type: ignore[assignment]  # of a peer only what concerns logs is used here

    def cut(self, one: str, other: str, *, away: bool = True) -> None:
        """Cut a line both ways, or mend it."""
        self.lines[one, other].away = self.lines[other, one].away = away


async def act(node: Node, count: int = 1) -> None:
    """Let a node do something."""
    for _ in range(count):
        await node.write(record_act, ActKind.SEARCH, "analyst", "", node.clock.now_ms(), {"search_id": "0f"})


async def kinds(node: Node, kind: ActKind) -> int:
    """How many acts of a kind a node has logged."""
    return len(await node.read(all_of, kind))


async def open_alarms(node: Node) -> set[tuple[str, str]]:
    """The kinds and peers of a node's open alarms."""
    found = await node.read(lambda connection: alarms.newest(connection, 100, acknowledged=False))
    return {(alarm.concern.kind.value, alarm.concern.peer) for alarm in found}


def found_circle(directory: Path) -> None:
    """Found the homes."""
    found_federation(directory, NAMES, roomy_policy(), SystemClock().now_ms())


@asynccontextmanager
async def node_at(home: Home) -> AsyncIterator[Node]:
    """A node as it is before it serves."""
    with _opened(home, load_settings(home)) as node:
        await recover(node)
        await take_up_roster(node)
        yield node


@asynccontextmanager
async def circle_at(directory: Path) -> AsyncIterator[Circle]:
    """All of them, started."""
    with ExitStack() as stack:
        nodes = {}
        for name in NAMES:
            home = Home(directory / name)
            node = stack.enter_context(_opened(home, load_settings(home)))
            await recover(node)
            await take_up_roster(node)
            nodes[name] = node
        circle = Circle(nodes)
        circle.connect()
        yield circle


def copied(directory: Path, name: str, target: Path) -> Path:
    """A copy of a home that is not in use, in a federation's directory of its own."""
    shutil.copytree(directory / name, target / name)
    shutil.copytree(directory / "secrets", target / "secrets")
    return target
