"""What every act works with: one node's clock, keys, database, roster, peers, published and copied indexes."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from node.acts.runtime.clock_watch import ClockWatch
from node.acts.runtime.copies import Copies
from node.acts.runtime.courier import Courier
from node.acts.runtime.peer import Peer
from node.acts.runtime.publications import Publications
from node.acts.runtime.rotation_state import Rotation
from node.acts.runtime.serving import ServingEpoch
from node.acts.runtime.witnessing import Witnessing
from node.acts.runtime.workers import Workers
from node.audit.leaf import pseudonym
from node.clock import Clock
from node.config import Home, Settings
from node.crypto.sealing import Sealer
from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.model.officer import Role
from node.model.roster import Member, Policy, SignedRoster
from node.model.suspension import Suspension
from node.policy.rates import RateLimiter
from node.storage.engine import Database
from node.storage.keystore import Keys
from node.storage.row_keys import RowKeys
from node.storage.writer import Priority, Writer

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True, repr=False)
class Node:
    """One running node. Acts take it first; nothing here is reached through globals.

    news: there is something to publish. changes: records may have changed, which whoever received one must be told.
    membership: channels and followed indexes must be brought in line with roster
    and suspensions. new_audiences: an index must be built for them. roster_news: there is a roster to
    tell of, or roster_claims: what peers say they hold, by peer. roster_turn: one roster is taken up at a time.
    held: the home was restored, and its administrator has not let the node go yet (node/acts/backup).
    """

    home: Home
    settings: Settings
    clock: Clock
    clock_watch: ClockWatch
    keys: Keys
    signing: SigningKey
    sealer: Sealer
    row_keys: RowKeys
    database: Database
    writer: Writer
    threads: ThreadPoolExecutor
    workers: Workers
    roster: SignedRoster
    roster_file: bytes
    asks_rate: RateLimiter
    streams_rate: RateLimiter
    publications: Publications
    copies: Copies
    started_ms: int
    peers: Mapping[str, Peer] = field(default_factory=dict)
    epochs: dict[int, ServingEpoch] = field(default_factory=dict)
    draining: bool = False
    held: bool = False
    revocations_logged: int = -1
    random: Callable[[int], bytes] = secrets.token_bytes
    news: asyncio.Event = field(default_factory=asyncio.Event)
    changes: asyncio.Event = field(default_factory=asyncio.Event)
    suspended: dict[str, Suspension] = field(default_factory=dict)
    membership: asyncio.Event = field(default_factory=asyncio.Event)
    new_audiences: asyncio.Event = field(default_factory=asyncio.Event)
    roster_news: asyncio.Event = field(default_factory=asyncio.Event)
    roster_claims: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    roster_turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    rotation: Rotation = field(default_factory=Rotation)
    courier: Courier = field(default_factory=Courier)
    witnessing: Witnessing = field(default_factory=Witnessing)

    @property
    def node_id(self) -> str:
        """This node's id."""
        return self.settings.node_id

    @property
    def alliance(self) -> str:
        """The alliance this node is a member of."""
        return self.roster.roster.alliance

    @property
    def policy(self) -> Policy:
        """The policy of the roster in force."""
        return self.roster.roster.policy

    @property
    def holds_records(self) -> bool:
        """Whether this node is one of those that hold records: an observer is not."""
        own = self.roster.roster.member(self.node_id)
        return own is not None and own.role is Role.MEMBER

    def check_holds_records(self) -> None:
        """Raises LancangError ROLE_FORBIDDEN at an observer."""
        if not self.holds_records:
            raise LancangError(Code.ROLE_FORBIDDEN, "an observer holds no records, and searches none")

    def audiences(self) -> tuple[Member, ...]:
        """The members this node publishes to and searches: every other holder of records, if it is one itself."""
        if not self.holds_records:
            return ()
        return tuple(member for member in self.roster.roster.holders() if member.node_id != self.node_id)

    def correspondents(self) -> tuple[Member, ...]:
        """Those of them that this node calls and follows: who is suspended here is left out."""
        return tuple(member for member in self.audiences() if member.node_id not in self.suspended)

    def witnesses(self) -> tuple[Member, ...]:
        """Every other node of the roster that is not suspended here, observers too: they vouch for this node's log."""
        return tuple(
            member
            for member in self.roster.roster.members
            if member.node_id != self.node_id and member.node_id not in self.suspended
        )

    def pseudonym(self, officer: str) -> str:
        """The stable name under which peers know an officer of this node."""
        return pseudonym(self.keys.officer_pseudonym, officer)

    async def compute(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run cryptography or a lookup in a thread, off the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, lambda: work(*args, **kwargs))

    async def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """One durable transaction: work(connection, *args), ahead of bulk work."""
        return await self._written(lambda connection: work(connection, *args, **kwargs), Priority.LIVE)

    async def write_bulk(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """One short durable transaction that lets searches and charges go first."""
        return await self._written(lambda connection: work(connection, *args, **kwargs), Priority.BULK)

    async def _written(self, work: Callable[[Connection], T], priority: Priority) -> T:
        posted = self.courier.posted
        done = await self.writer.run(work, priority)
        if self.courier.posted != posted:
            # Only now: a letter is sent once it is durable, and not because somebody meant to write it.
            self.courier.wake.set()
        return done

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """One read transaction, in a thread."""

        def run() -> T:
            with self.database.reading() as connection:
                return work(connection, *args, **kwargs)

        return await asyncio.to_thread(run)
