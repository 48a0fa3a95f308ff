"""Two nodes in this process, without doors or jobs, with a line between them that can lose a call before or after.

The line hands letters over as their messages, so that what the wire refuses is refused here too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from node.acts.courier.receive import receive_letters
from node.acts.courier.send import send_due
from node.acts.founding.found_federation import found_federation
from node.acts.runtime.node import Node
from node.app.run import _opened
from node.clock import ManualClock, SystemClock
from node.config import Home, load_settings
from node.errors import Code, LancangError
from node.model.courier import LetterOutcome, SignedLetter
from node.model.officer import Caller, Role
from node.model.roster import SignedRoster
from node.model.session import CAPABILITIES
from node.v1 import courier_pb2
from node.wire import courier as wire
from tests.support import disk
from tests.support.federation import roomy_policy
from tests.support.letter_node import letters, make_tables, write_letter

SENDER, RECIPIENT = "cn", "th"


class Line(Enum):
    """What becomes of a call."""

    GOOD = "good"
    AWAY = "nobody answers, also no greeting"
    LOST_BEFORE = "lost before it was handled"
    LOST_AFTER = "lost after it was handled"


@dataclass(slots=True)
class Wire:
    """The recipient as the sender's peer. seen: every letter that was handed over, in order."""

    sender: Node
    recipient: Node
    state: Line = Line.GOOD
    seen: list[SignedLetter] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        return self.recipient.node_id

    async def hello(self, _roster: SignedRoster, _own_epochs_from: int = 0) -> None:
        """Answer a greeting, if anybody is there."""
        if self.state is Line.AWAY:
            raise LancangError(Code.NODE_UNREACHABLE)

    async def deliver(self, sent: Sequence[SignedLetter], _seconds: float) -> list[LetterOutcome]:
        """Hand letters over."""
        if self.state in (Line.AWAY, Line.LOST_BEFORE):
            raise LancangError(Code.NODE_UNREACHABLE)
        self.seen += sent
        message = courier_pb2.DeliverRequest.FromString(wire.letters_to_message(sent).SerializeToString())
        answer = wire.outcomes_to_message(await self.received(wire.letters_from_message(message)))
        if self.state is Line.LOST_AFTER:
            raise LancangError(Code.NODE_TIMEOUT)
        message_back = courier_pb2.DeliverResponse.FromString(answer.SerializeToString())
        return wire.outcomes_from_message(message_back, len(sent))

    async def received(self, given: Sequence[SignedLetter | LancangError]) -> list[LetterOutcome]:
        """Letters at the recipient's act, from this sender."""
        return await receive_letters(self.recipient, given, Caller(self.sender.node_id, Role.MEMBER, ""))


@dataclass(slots=True)
class Pair:
    """The two nodes, their clock, the line from one to the other."""

    sender: Node
    recipient: Node
    clock: ManualClock
    line: Wire

    async def write(self, line: bytes = bytes(16), body: bytes = b"hello", **options: Any) -> bytes:
        """Queue a letter, with its row of the test's own, in one transaction."""
        return await self.sender.write(write_letter, self.sender, RECIPIENT, line, body, **options)

    async def send(self) -> int:
        """One call with what is due."""
        peer: Any = self.line
        return await send_due(self.sender, peer)

    async def send_all(self) -> None:
        """Calls over a good line, and waiting, until nothing is owed."""
        self.line.state = Line.GOOD
        for _ in range(1000):
            if not disk.number(self.sender.home, "SELECT count(*) FROM outbox WHERE owed = 1"):
                return
            if not await self.send():
                self.clock.advance(1_000_000)
        raise AssertionError("something is owed for ever")

    def taken(self) -> list[tuple[bytes, int, bytes]]:
        """What the recipient's handler took, in order: conversation, number, message id."""
        return disk.rows(self.recipient.home, "SELECT line, number, message_id FROM test_taken ORDER BY n")

    def told(self) -> list[tuple[bytes, str]]:
        """What the sender was told of letters refused or given up: message id, code."""
        return disk.rows(self.sender.home, "SELECT message_id, code FROM test_told ORDER BY n")

    def state(self, message_id: bytes) -> str:
        """What a letter's row says has become of it."""
        return str(disk.rows(self.sender.home, "SELECT state FROM outbox WHERE message_id = ?", message_id)[0][0])


def found_pair(directory: Path) -> None:
    """Found cn and th in a directory."""
    found_federation(directory, (SENDER, RECIPIENT), roomy_policy(), SystemClock().now_ms())


@asynccontextmanager
async def pair_at(directory: Path) -> AsyncIterator[Pair]:
    """Both nodes of a federation founded there, open."""
    with ExitStack() as stack:
        clock = ManualClock(SystemClock().now_ms())
        nodes = []
        for name in (SENDER, RECIPIENT):
            home = Home(directory / name)
            node = stack.enter_context(_opened(home, load_settings(home), letters()))
            node.clock = clock
            await node.write(make_tables)
            nodes.append(node)
        sender, recipient = nodes
        line = Wire(sender, recipient)
        peers: Any = {RECIPIENT: line}
        sender.peers = peers
        sender.copies.view(RECIPIENT).capabilities = frozenset(CAPABILITIES)
        yield Pair(sender, recipient, clock, line)
