"""A leaf of the log: what of an act can never be changed (protocol.md 11), and the salted commitments in it.

A leaf names no person: its actor is a node or a pseudonym, and what the act was about stands in commitments, one a
field. A field is opened by its salt; once act_salt is erased, no field can be guessed any more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from node.crypto.hashing import blake
from node.model.encoding import lp, u8, u64

VERSION: Final = 1
ACT_ID_BYTES: Final = 16
SALT_BYTES: Final = 32
COMMITMENT_BYTES: Final = 32
MOST_FIELDS: Final = 255

Detail: TypeAlias = Mapping[str, str | int | bool | None]
"""What an act was about: no personal data, but numbers, states, codes, ids and hashes (in hex)."""

_PSEUDONYM = re.compile(r"[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class Leaf:
    """act: the kind's code; ms: when; actor: a node id, a pseudonym or ''; peer: the other node, or ''.

    commitments: 32 bytes a field, in the order of the fields' names.
    """

    act: int
    act_id: bytes
    ms: int
    actor: str
    peer: str
    commitments: tuple[bytes, ...]

    def encode(self) -> bytes:
        """The bytes that are hashed. Raises OverflowError for more than 255 fields."""
        head = u8(VERSION) + u8(self.act) + self.act_id + u64(self.ms) + lp(self.actor) + lp(self.peer)
        return head + u8(len(self.commitments)) + b"".join(self.commitments)

    @classmethod
    def decode(cls, data: bytes) -> Leaf:
        """Read a leaf; it must be exactly what encoding it again gives. Raises ValueError."""
        if len(data) < 29 or data[0] != VERSION:
            raise ValueError("not a leaf of version 1")
        actor, at = _text(data, 26)
        peer, at = _text(data, at)
        rest = data[at + 1 :]
        if at >= len(data) or len(rest) != data[at] * COMMITMENT_BYTES:
            raise ValueError("a leaf with another number of commitments than it says")
        commitments = tuple(rest[i : i + COMMITMENT_BYTES] for i in range(0, len(rest), COMMITMENT_BYTES))
        return cls(data[1], data[2:18], int.from_bytes(data[18:26], "big"), actor, peer, commitments)


def _text(data: bytes, at: int) -> tuple[str, int]:
    begin = at + 2
    end = begin + int.from_bytes(data[at:begin], "big")
    if end > len(data):
        raise ValueError("a leaf that ends in the middle of a name")
    return data[begin:end].decode(), end


def value_bytes(value: str | int | bool) -> bytes:
    """A field's value as it is committed to: text as UTF-8, a number in decimal, true or false."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return str(value).encode()


def field_salt(act_salt: bytes, field: str) -> bytes:
    """salt_f: opens one field and tells nothing of another."""
    return blake("lancang1.fsalt", act_salt, lp(field), 32)


def commitment(salt: bytes, field: str, value: bytes) -> bytes:
    """commitment_f under a field's salt."""
    return blake("lancang1.field", salt, lp(field) + lp(value), COMMITMENT_BYTES)


def commitments(act_salt: bytes, detail: Detail) -> tuple[bytes, ...]:
    """One for each field that has a value, in the order of their names."""
    return tuple(
        commitment(field_salt(act_salt, field), field, value_bytes(value))
        for field, value in sorted(detail.items())
        if value is not None
    )


def shared_id(alliance: str, owner: str, requester: str, what: str, reference: bytes) -> bytes:
    """The id of an act that both ends know without telling it: 16 bytes.

    what: which act of those about one reference; reference: what both know it by, such as a search id.
    """
    said = lp(alliance) + lp(owner) + lp(requester) + lp(what) + reference
    return blake("lancang1.act", b"", said, ACT_ID_BYTES)


def derived_salt(shared: bytes, what: str) -> bytes:
    """The salt of an act that follows from another, or from a secret, that both ends share."""
    return blake("lancang1.asalt", shared, lp(what), SALT_BYTES)


@dataclass(frozen=True, slots=True)
class Actors:
    """Under which names those who act here stand in leaves. key: keys the pseudonyms of this node's officers.

    Without a node (as in a program that only reads) nobody is named.
    """

    node_id: str = ""
    key: bytes = b""

    def shown(self, actor: str, peer: str) -> str:
        """A node's id and a pseudonym as they are; anything else is an own officer, and stands under a pseudonym."""
        if actor in ("", peer) or (self.key and actor == self.node_id) or _PSEUDONYM.match(actor):
            return actor
        return pseudonym(self.key, actor) if self.key else ""


def pseudonym(key: bytes, officer: str) -> str:
    """The stable name under which other nodes know an officer: 32 hexadecimal digits."""
    return blake("lancang1.officer", key, officer.encode(), 16).hex()
