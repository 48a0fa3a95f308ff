"""Checkpoints of a log: its size and root at a moment, signed by its owner, vouched for by others (protocol.md 11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from node.model.encoding import LATEST_MS, lp, u32, u64

_DOMAIN: Final = b"lancang/1/checkpoint"
_COSIGNED: Final = b"lancang/1/cosignature"
MOST_SIZE: Final = 2**48
"""No log is longer: a larger number is a mistake or a lie."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log of owner has `size` leaves under this root (32 bytes), at ms by its clock.

    generation: 1, and one more each time that the log had to begin anew after it was set back.
    """

    alliance: str
    owner: str
    generation: int
    size: int
    ms: int
    root: bytes

    def encode(self) -> bytes:
        """The bytes that the owner signs."""
        place = lp(self.alliance) + lp(self.owner) + u32(self.generation)
        return _DOMAIN + place + u64(self.size) + u64(self.ms) + self.root

    @classmethod
    def decode(cls, data: bytes) -> Checkpoint:
        """Read one; it must be exactly what encoding it again gives. Raises ValueError."""
        if not data.startswith(_DOMAIN):
            raise ValueError("not a checkpoint of version 1")
        alliance, at = _name(data, len(_DOMAIN))
        owner, at = _name(data, at)
        if len(data) != at + 52:
            raise ValueError("a checkpoint of another length")
        numbers = (int.from_bytes(data[i:j], "big") for i, j in ((at, at + 4), (at + 4, at + 12), (at + 12, at + 20)))
        generation, size, ms = numbers
        if size > MOST_SIZE or ms > LATEST_MS or not generation:
            raise ValueError("a checkpoint of a size, a time or a generation that no log has")
        return cls(alliance, owner, generation, size, ms, data[at + 20 :])


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness's word that a checkpoint goes on from all that it vouched for before; ms: when, by its clock."""

    witness: str
    ms: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint, its owner's signature, and who vouched for it."""

    checkpoint: Checkpoint
    signature: bytes
    cosignatures: tuple[Cosignature, ...] = ()


@dataclass(frozen=True, slots=True)
class SharedAct:
    """A leaf that concerns two nodes, from the log of one of them, with its inclusion in a checkpoint's tree."""

    act_no: int
    leaf: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SharedPage:
    """Some of the leaves of a log that concern its reader. complete: there are no more under this checkpoint."""

    signed: SignedCheckpoint
    acts: tuple[SharedAct, ...]
    complete: bool


def cosigned_bytes(checkpoint: Checkpoint, witness: str, ms: int) -> bytes:
    """What a witness signs."""
    return _COSIGNED + lp(witness) + u64(ms) + checkpoint.encode()


def _name(data: bytes, at: int) -> tuple[str, int]:
    begin = at + 2
    end = begin + int.from_bytes(data[at:begin], "big")
    name = data[begin:end]
    if end > len(data) or not name.isascii():
        raise ValueError("a checkpoint with a name that is none")
    return name.decode("ascii"), end
