"""This node's copies of the other owners' indexes: what is searched, how fresh it is, and why one can't be used."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from node.errors import Code, LancangError
from node.exchange.chain import ChainState
from node.exchange.head import is_stale
from node.model.epoch import EpochStatement
from node.model.scope import Scope
from node.storage.index_files import IndexCopy

NUDGE_MS = 1_000


@dataclass(slots=True, repr=False)
class Copy:
    """One owner's index for this node in one epoch, as far as it has been stored. Replaced, never half changed.

    forked: its owner was seen with two histories of it, so it is never searched again.
    """

    statement: EpochStatement
    secret: bytes
    state: ChainState
    index: IndexCopy
    revoked: set[bytes]
    forked: bool = False

    @property
    def scope(self) -> Scope:
        """Owner, this node and epoch."""
        return self.state.scope

    @property
    def population(self) -> float:
        """N of protocol.md 6: an upper bound of the owner's records."""
        return self.state.population

    @property
    def as_of_ms(self) -> int:
        """The time of the newest signed head; 0 if there is none."""
        return self.state.head.ms if self.state.head is not None else 0

    def stale(self, now_ms: int, stale_ms: int) -> bool:
        """Whether the owner has been silent for too long."""
        return is_stale(self.state.head, now_ms, stale_ms)


@dataclass(slots=True, repr=False)
class PeerView:
    """How one peer stands: its copies by epoch, and what went wrong last, if anything.

    connected: the newest epoch's stream is open; head_ms: the time its last head bears. skew_ms, its clock minus ours,
    roster_version, and capabilities, what it can do: as of the last greeting. retry: try to follow it again now.
    """

    node_id: str
    copies: dict[int, Copy] = field(default_factory=dict)
    fault: LancangError | None = None
    connected: bool = False
    last_contact_ms: int = 0
    head_ms: int = 0
    skew_ms: int | None = None
    roster_version: int = 0
    capabilities: frozenset[str] = frozenset()
    retry: asyncio.Event = field(default_factory=asyncio.Event)
    nudged_ms: int = 0

    def heard_of(self, now_ms: int) -> None:
        """The peer has called: if it was out of reach or refused us, see again now whether it still does.

        At most once a second, or two nodes that each fail half way would call each other without a pause.
        """
        if self.fault is not None and self.fault.code in _MAY_HAVE_PASSED and abs(now_ms - self.nudged_ms) >= NUDGE_MS:
            self.nudged_ms = now_ms
            self.retry.set()

    @property
    def copy(self) -> Copy | None:
        """The copy to search: the newest that is whole. While a new epoch's is fetched the one before goes on."""
        newest = sorted(self.copies.items(), reverse=True)
        return next((copy for _, copy in newest if copy.state.certified), None)

    def asked(self, now_ms: int) -> Copy | None:
        """The newest whole copy of an epoch that takes asks now: after clocks went back that may be an older one."""
        newest = sorted(self.copies.items(), reverse=True)
        whole = [copy for _, copy in newest if copy.state.certified]
        return next((each for each in whole if each.statement.from_ms <= now_ms < each.statement.ask_until_ms), None)

    def shown(self, now_ms: int) -> Copy | None:
        """The copy that officers see: the one that is asked, or else the newest."""
        return self.asked(now_ms) or self.copy

    @property
    def standing_fault(self) -> LancangError | None:
        """What is wrong now. A fork stays: neither a good head after it nor an owner out of reach takes it back."""
        if self.copy is not None and self.copy.forked:
            return fork_of(self.copy.scope)
        return self.fault


def fork_of(scope: Scope) -> LancangError:
    """The refusal of an index that forked: until its owner's next epoch, or until an administrator drops the copy."""
    return LancangError(Code.BATCH_FORK, f"{scope.owner} has shown two histories of its index in epoch {scope.epoch}")


@dataclass(slots=True, repr=False)
class Copies:
    """The peers' views by node id."""

    views: dict[str, PeerView] = field(default_factory=dict)

    def view(self, owner: str) -> PeerView:
        """The view of a peer, made if it is new."""
        return self.views.setdefault(owner, PeerView(owner))

    def usable(self, owner: str, now_ms: int) -> Copy:
        """The copy to search. Raises LancangError with what stands in the way: no protocol fault is searched over."""
        view = self.view(owner)
        fault = view.standing_fault
        if fault is not None and fault.code not in _HARMLESS:
            raise fault
        if view.copy is None:
            raise fault or LancangError(Code.INDEX_MISSING, f"no copy of {owner}'s index yet")
        asked = view.asked(now_ms)
        if asked is None:
            epoch = view.copy.statement.epoch
            raise LancangError(Code.EPOCH_CLOSED, f"epoch {epoch} of {owner} takes no asks now")
        return asked


# What a peer's call shows to be over, perhaps: it was away, or one of us did not yet know the other.
_MAY_HAVE_PASSED = frozenset(
    {Code.NODE_UNREACHABLE, Code.NODE_TIMEOUT, Code.NODE_DRAINING, Code.NODE_RESTORED, Code.PEER_UNKNOWN,
     Code.PEER_CERTIFICATE, Code.PEER_SUSPENDED, Code.ROSTER_STALE}
)  # fmt: skip

# A peer that is away may be back by the time it is asked; its copy stays good, also without room here for what is new.
# That its roster has expired is its own clock's word, and it says so again when it is asked.
_HARMLESS = frozenset(
    {Code.NODE_UNREACHABLE, Code.NODE_TIMEOUT, Code.NODE_DRAINING, Code.NODE_RESTORED, Code.INTERNAL,
     Code.RATE_LIMITED, Code.ROSTER_EXPIRED, Code.DISK_FULL}
)  # fmt: skip
