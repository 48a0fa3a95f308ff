"""The signed statement that opens an epoch: one VOPRF key of one owner and how long it serves (protocol.md 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from node.model.encoding import lp, u8, u16, u32, u64

_PREFIX = b"lancang/1/epoch"
_LONGEST = 1024


@dataclass(frozen=True, slots=True)
class EpochStatement:
    """What an owner says of an epoch. Times in ms since 1970; hashes of 32 bytes; pk a ristretto255 element."""

    alliance: str
    owner: str
    epoch: int
    public_key: bytes
    from_ms: int
    ask_until_ms: int
    grace_until_ms: int
    tables: bytes
    postings_per_record: int
    records_per_delta: int
    list_cap: int
    ask_size: int
    roster_hash: bytes
    previous: bytes

    def encode(self) -> bytes:
        """The bytes that are signed and hashed."""
        return b"".join(
            (
                _PREFIX,
                lp(self.alliance),
                lp(self.owner),
                u32(self.epoch),
                self.public_key,
                u64(self.from_ms),
                u64(self.ask_until_ms),
                u64(self.grace_until_ms),
                self.tables,
                u8(self.postings_per_record),
                u8(self.records_per_delta),
                u16(self.list_cap),
                u16(self.ask_size),
                self.roster_hash,
                self.previous,
            )
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The statement whose encode() is data. Raises ValueError for anything else."""
        reader = _Reader(data)
        if reader.take(len(_PREFIX)) != _PREFIX:
            raise ValueError("not an epoch statement")
        statement = cls(
            alliance=reader.text(),
            owner=reader.text(),
            epoch=reader.number(4),
            public_key=reader.take(32),
            from_ms=reader.number(8),
            ask_until_ms=reader.number(8),
            grace_until_ms=reader.number(8),
            tables=reader.take(32),
            postings_per_record=reader.number(1),
            records_per_delta=reader.number(1),
            list_cap=reader.number(2),
            ask_size=reader.number(2),
            roster_hash=reader.take(32),
            previous=reader.take(32),
        )
        if len(data) > _LONGEST or statement.encode() != data:
            raise ValueError("bytes are left over")
        return statement


class _Reader:
    """Takes the fixed layout of a statement apart; ValueError where it ends early."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> bytes:
        part = self._data[self._at : self._at + size]
        if len(part) != size:
            raise ValueError("cut short")
        self._at += size
        return part

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def text(self) -> str:
        return self.take(self.number(2)).decode("ascii")


@dataclass(frozen=True, slots=True)
class SignedEpoch:
    """A statement and the owner's Ed25519 signature (64 bytes) over its encoding."""

    statement: EpochStatement
    signature: bytes
