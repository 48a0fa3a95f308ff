"""Signed heads: an owner's word on how far its chain reaches, and when it is too old to rely on (protocol.md 4)."""

from __future__ import annotations

import dataclasses

from node.crypto.signing import SigningKey, verify
from node.errors import Code, LancangError
from node.exchange.batch import HASH_BYTES
from node.model.batch import ChainPosition, Head
from node.model.scope import Scope


def sign_head(scope: Scope, position: ChainPosition, ms: int, key: SigningKey) -> Head:
    """Say as the owner: at ms the chain of scope ends at position."""
    head = Head(scope, position.seq, ms, position.hash)
    return dataclasses.replace(head, signature=key.sign(head.encode()))


def verify_head(head: Head, scope: Scope, owner_key: bytes) -> None:
    """Check whose word it is. Raises LancangError: BATCH_MALFORMED for another scope, SIGNATURE_WRONG."""
    if head.scope != scope or len(head.hash) != HASH_BYTES:
        raise LancangError(Code.BATCH_MALFORMED, "the head is of another index")
    verify(owner_key, head.encode(), head.signature)


def is_stale(head: Head | None, now_ms: int, stale_ms: int) -> bool:
    """Whether the newest head is older than stale_ms, or as far ahead: a date to come must not keep an index fresh."""
    return head is None or abs(now_ms - head.ms) > stale_ms


def check_fresh(head: Head | None, now_ms: int, stale_ms: int) -> None:
    """Raise LancangError(INDEX_STALE) if the owner has been silent for too long (times in ms)."""
    if is_stale(head, now_ms, stale_ms):
        raise LancangError(Code.INDEX_STALE, "no recent head" if head else "no head yet")
