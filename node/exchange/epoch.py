"""Epochs: deriving the VOPRF key of one, and the chain of signed statements that announce them (protocol.md 2).

An owner's statements follow each other without a gap, each naming the hash of the one before. A second statement for an
epoch, whatever its key, is refused: an owner with two keys could tell its requesters apart.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Final, NoReturn

from node.crypto.hashing import blake
from node.crypto.signing import SigningKey, verify
from node.crypto.voprf import KeyPair, Mode, derive_key_pair
from node.errors import Code, LancangError
from node.model.encoding import LATEST_MS, lp, u32
from node.model.epoch import EpochStatement, SignedEpoch
from node.model.roster import Policy

FIRST_EPOCH: Final = 1
NO_STATEMENT: Final = bytes(32)
"""What the first statement names as the one before it."""

SEED_BYTES: Final = 32
LARGEST_ASK: Final = 64


def derive_epoch_keys(seed: bytes, alliance: str, owner: str, epoch: int) -> KeyPair:
    """(sk, pk) of an epoch, from 32 random bytes that are never used again."""
    if len(seed) != SEED_BYTES:
        raise ValueError("an epoch seed has 32 bytes")
    return derive_key_pair(seed, b"lancang/1/voprf" + lp(alliance) + lp(owner) + u32(epoch), Mode.VOPRF)


def sign_statement(statement: EpochStatement, key: SigningKey) -> SignedEpoch:
    """Sign as the owner."""
    return SignedEpoch(statement, key.sign(statement.encode()))


def statement_hash(statement: EpochStatement) -> bytes:
    """What the next statement names: H("lancang1.epoch", "", statement, 32)."""
    return blake("lancang1.epoch", b"", statement.encode(), 32)


def check_statement(
    previous: SignedEpoch | None, new: SignedEpoch, *, alliance: str, owner: str, owner_key: bytes
) -> None:
    """Check a statement against the last one known of this owner; with None, its chain is believed from here on.

    The statement already known passes again. Tables are another question (check_tables): a chain goes on also where
    searches do not. Raises LancangError: SIGNATURE_WRONG; EPOCH_CHAIN for another owner, impossible content, a second
    statement for an epoch, an older one, a gap, a wrong hash or a key used before.
    """
    statement = new.statement
    if (statement.alliance, statement.owner) != (alliance, owner):
        _broken("the statement is of another owner")
    verify(owner_key, statement.encode(), new.signature)
    _check_content(statement)
    if previous is None:
        return
    last = previous.statement
    if statement == last:
        return
    if statement.epoch == last.epoch:
        _broken(f"two statements for epoch {statement.epoch}")
    if statement.epoch < last.epoch:
        _broken(f"epoch {statement.epoch} after epoch {last.epoch}")
    if statement.epoch > last.epoch + 1:
        _broken(f"a gap between epoch {last.epoch} and epoch {statement.epoch}")
    if statement.previous != statement_hash(last):
        _broken(f"epoch {statement.epoch} follows another epoch {last.epoch}")
    if statement.public_key == last.public_key:
        _broken("an epoch key was used before")


def check_terms(statement: EpochStatement, policy: Policy, *, exactly: bool) -> None:
    """Check that an owner opened its epoch on the alliance's terms, not on its own: longer lists or larger deltas would
    make every search pay for them. exactly: policy is that of the roster it names; else its values are the most.

    Raises LancangError(EPOCH_CHAIN).
    """
    said = (statement.postings_per_record, statement.records_per_delta, statement.list_cap, statement.ask_size)
    agreed = (policy.postings_per_record, policy.records_per_delta, policy.list_cap, policy.ask_size)
    if (exactly and said != agreed) or any(one > most for one, most in zip(said, agreed, strict=True)):
        _broken("its constants are not those of the roster")
    asks, grace = statement.ask_until_ms - statement.from_ms, statement.grace_until_ms - statement.ask_until_ms
    if asks > policy.epoch_seconds * 1000 or grace > policy.grace_seconds * 1000:
        _broken("it lasts longer than the roster allows")


def check_tables(statement: EpochStatement, tables: bytes) -> None:
    """Raise LancangError(TABLES_DIFFER) unless the owner encodes with the tables (their hash) that are in use here."""
    if statement.tables != tables:
        raise LancangError(Code.TABLES_DIFFER, f"{statement.owner} opened epoch {statement.epoch} with other tables")


def ends_ms(statement: EpochStatement, follower: EpochStatement | None) -> int:
    """When an epoch is over for both ends: at the end of its grace, or sooner if the next one began early.

    Its grace is as long as it says; an early rotation begins it early. follower: the next statement, if it is known.
    """
    if follower is None:
        return statement.grace_until_ms
    grace = statement.grace_until_ms - statement.ask_until_ms
    return min(statement.grace_until_ms, follower.from_ms + grace)


def endings(statements: Iterable[EpochStatement]) -> dict[int, int]:
    """When each epoch of a chain is over (ends_ms), by its number. statements: one owner's opened epochs, in order."""
    pairs = itertools.pairwise([*statements, None])
    return {statement.epoch: ends_ms(statement, follower) for statement, follower in pairs if statement is not None}


def check_asks_open(statement: EpochStatement, follower: EpochStatement | None, now_ms: int) -> None:
    """Raise LancangError(EPOCH_CLOSED) unless the epoch takes asks now: during its own time and, for watches, grace."""
    if not statement.from_ms <= now_ms < ends_ms(statement, follower):
        raise LancangError(Code.EPOCH_CLOSED, f"epoch {statement.epoch}")


def _check_content(statement: EpochStatement) -> None:
    hashes = (statement.tables, statement.roster_hash, statement.previous, statement.public_key)
    if any(len(value) != 32 for value in hashes):
        _broken("a hash or key of the wrong length")
    if (statement.epoch == FIRST_EPOCH) != (statement.previous == NO_STATEMENT) or statement.epoch < FIRST_EPOCH:
        _broken("only the first epoch has none before it")
    if not statement.from_ms < statement.ask_until_ms <= statement.grace_until_ms <= LATEST_MS:
        _broken("its times are out of order")
    counts = (statement.postings_per_record, statement.records_per_delta, statement.list_cap)
    if min(counts) < 1 or not 1 <= statement.ask_size <= LARGEST_ASK:
        _broken("its constants are out of range")


def _broken(detail: str) -> NoReturn:
    raise LancangError(Code.EPOCH_CHAIN, detail)
