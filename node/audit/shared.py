"""The acts that both ends of a line log, under one id and one salt, so that their logs can be compared leaf by leaf.

An id comes from what both know; a salt from what both know and nobody else does (docs/protocol.md, 11).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from node.audit.kinds import ActKind
from node.audit.leaf import SALT_BYTES, derived_salt, shared_id
from node.model.encoding import u32, u64

K: Final = ActKind


class About(StrEnum):
    """Which of the acts about one reference. Values are hashed: they are added to, never changed."""

    ASK = "ask"
    ANSWER = "answer"
    REFUSAL = "refusal"
    SNAPSHOT = "snapshot"
    HEAD = "head"
    EPOCH = "epoch"
    ROSTER = "roster"


@dataclass(frozen=True, slots=True)
class Shared:
    """act_id: 16 bytes; salt: 32 bytes."""

    act_id: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Line:
    """Who serves and who asks, in one alliance; an end that is everybody is ''."""

    alliance: str
    owner: str
    requester: str = ""

    def of_search(self, about: About, search_id: bytes, act_salt: bytes) -> Shared:
        """An ask and what it came to. act_salt: as it travels with the ask, empty if it does not."""
        salt = act_salt if about is About.ASK else derived_salt(act_salt, about)
        return self._shared(about, search_id, salt if act_salt else secrets.token_bytes(SALT_BYTES))

    def of_snapshot(self, epoch: int, snapshot_hash: bytes, secret: bytes) -> Shared:
        """A snapshot that was sent whole. secret: S."""
        return self._shared(About.SNAPSHOT, u32(epoch) + snapshot_hash, derived_salt(secret, About.SNAPSHOT))

    def of_head(self, epoch: int, seq: int, hash_: bytes, secret: bytes) -> Shared:
        """How far an index has come. secret: S."""
        return self._shared(About.HEAD, u32(epoch) + u64(seq) + hash_, derived_salt(secret, f"{About.HEAD} {seq}"))

    def of_statement(self, about: About, hash_: bytes) -> Shared:
        """An epoch statement or a roster: every node has it, and may open what is logged of it."""
        return self._shared(about, hash_, derived_salt(hash_, about))

    def _shared(self, about: About, reference: bytes, salt: bytes) -> Shared:
        return Shared(shared_id(self.alliance, self.owner, self.requester, about, reference), salt)


def ask_salt(search_seed: bytes, owner: str) -> bytes:
    """The salt that goes with an ask: another one for each owner, and nothing of the seed."""
    return derived_salt(search_seed, f"to {owner}")


OTHER_END: Final[dict[ActKind, frozenset[ActKind]]] = {
    K.ROSTER_ACCEPTED: frozenset({K.ROSTER_ACCEPTED}),
    K.EPOCH_OPENED: frozenset({K.PEER_EPOCH_ACCEPTED}),
    K.PEER_EPOCH_ACCEPTED: frozenset({K.EPOCH_OPENED}),
    K.INDEX_SERVED: frozenset({K.INDEX_RECEIVED}),
    K.INDEX_RECEIVED: frozenset({K.INDEX_SERVED}),
    K.ASK_SENT: frozenset({K.ASK_RECEIVED}),
    K.ASK_RECEIVED: frozenset({K.ASK_SENT}),
    K.ASK_ANSWERED: frozenset({K.ANSWER_RECEIVED}),
    K.ANSWER_RECEIVED: frozenset({K.ASK_ANSWERED}),
    K.REFUSAL: frozenset({K.ASK_REFUSED_THERE}),
    K.ASK_REFUSED_THERE: frozenset({K.REFUSAL}),
    K.LETTER_DELIVERED: frozenset({K.LETTER_RECEIVED}),
    K.LETTER_RECEIVED: frozenset({K.LETTER_DELIVERED}),
    K.LETTER_REFUSED: frozenset({K.LETTER_REFUSED}),
}
"""What both ends log, and as which kind the other one does. Where it is missing, something was lost or left out."""

TO_PEER: Final = frozenset(OTHER_END) | {K.INDEX_HEAD}
"""What a peer is shown of the acts with it.

What this node does about it by itself is not the peer's to see: an alarm, a look at a record, a decision not yet told.
"""

FOR_ALL: Final = frozenset({K.ROSTER_ACCEPTED, K.EPOCH_OPENED, K.LOG_BEGUN_ANEW})
"""What a node does towards everybody: without a peer, and shown to each of them."""
