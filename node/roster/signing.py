"""Signing a roster as a member: Ed25519 over "lancang/1/roster" and the canonical JSON (RFC 8032, RFC 8785)."""

from __future__ import annotations

from dataclasses import replace

from node.crypto.signing import SigningKey
from node.model.roster import SignedRoster
from node.roster.documents import canonical_bytes, unsigned

DOMAIN = b"lancang/1/roster"


def sign_roster(signed: SignedRoster, node_id: str, key: SigningKey) -> SignedRoster:
    """Add the member's signature. The same key signs the same bytes alike, so signing twice changes nothing.

    Raises ROSTER_INVALID if the roster could not be read back from its document.
    """
    # What is signed must be what a strict reader will read: a roster out of bounds is refused here, not at the others.
    checked = unsigned(signed.roster)
    signature = (node_id, key.sign(DOMAIN + canonical_bytes(signed.roster)))
    return replace(checked, signatures=tuple(sorted({*signed.signatures, signature})))
