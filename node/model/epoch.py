"""The signed statement that opens an epoch: one VOPRF key of one owner and how long it serves (protocol.md 2)."""

from __future__ import annotations

from dataclasses import dataclass

from node.model.encoding import lp, u8, u16, u32, u64


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
                b"lancang/1/epoch",
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


@dataclass(frozen=True, slots=True)
class SignedEpoch:
    """A statement and the owner's Ed25519 signature (64 bytes) over its encoding."""

    statement: EpochStatement
    signature: bytes
