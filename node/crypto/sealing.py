"""Sealed columns and files: XChaCha20-Poly1305, bound to the place where the ciphertext stands.

The construction is libsodium's crypto_aead_xchacha20poly1305_ietf (draft-irtf-cfrg-xchacha-03) with random nonces;
a secret becomes a key by Argon2id (RFC 9106). Nothing here tells of what it could not open more than the place.
"""

from __future__ import annotations

from dataclasses import dataclass

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox
from nacl.pwhash import argon2id
from nacl.utils import random as random_bytes

from node.crypto.hashing import blake
from node.errors import Code, LancangError
from node.model.encoding import lp

KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 24
OVERHEAD_BYTES = NONCE_BYTES + 16

# RFC 9106, 4, second choice: three passes over 64 MiB (with one lane, as libsodium has it). About 0.1 s.
STRETCH_PASSES = 3
STRETCH_MEMORY_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ciphertext stands: table, row key, column. For a file: its kind, its name, its part."""

    table: str
    row: bytes | str
    column: str

    def encode(self) -> bytes:
        """The associated data. Raises OverflowError if a part has more than 65,535 bytes."""
        return b"lancang/1/place" + lp(self.table) + lp(self.row) + lp(self.column)


class Sealer:
    """Seals and opens under one key of 32 bytes. repr shows nothing of it; it cannot be pickled."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """Raises ValueError unless key has 32 bytes."""
        if len(key) != KEY_BYTES:
            raise ValueError("a sealing key has 32 bytes")
        self._key = key

    def seal(self, plaintext: bytes, place: Place) -> bytes:
        """nonce (24) || ciphertext || tag (16): 40 bytes longer than plaintext, which it hides but for its length."""
        nonce = random_bytes(NONCE_BYTES)
        return nonce + bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, place.encode(), nonce, self._key)

    def open(self, sealed: bytes, place: Place) -> bytes:
        """The plaintext. Raises LancangError STORAGE_DAMAGED if sealed was altered, moved, or sealed by another key."""
        if len(sealed) < OVERHEAD_BYTES:
            raise _damaged(place)
        nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, place.encode(), nonce, self._key)
        except CryptoError:
            raise _damaged(place) from None

    def __repr__(self) -> str:
        return "Sealer()"

    def __reduce__(self) -> str:
        raise TypeError("a sealer is not pickled")


def _damaged(place: Place) -> LancangError:
    # The row may name a person's record: only table and column are said.
    return LancangError(Code.STORAGE_DAMAGED, f"{place.table}.{place.column}")


def seal_to(public: bytes, plaintext: bytes) -> bytes:
    """What only the holder of an X25519 key reads: crypto_box_seal, 48 bytes longer. Raises ValueError on a bad key."""
    if len(public) != KEY_BYTES:
        raise ValueError("a sealing key has 32 bytes")
    return SealedBox(PublicKey(public)).encrypt(plaintext)


def derive_key(master: bytes, purpose: str) -> bytes:
    """The key (32 bytes) of one purpose under a master key of 32 bytes. Raises ValueError on another length."""
    if len(master) != KEY_BYTES:
        raise ValueError("a master key has 32 bytes")
    return blake("lancang1.purpose", master, purpose.encode(), KEY_BYTES)


def stretch_secret(secret: bytes, salt: bytes) -> bytes:
    """The key encryption key (32 bytes) that a node's secret and its stored salt (16 random bytes) give.

    Raises ValueError on another salt length. Takes about 0.1 s and 64 MiB, once at start.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 16 bytes")
    return argon2id.kdf(KEY_BYTES, secret, salt, opslimit=STRETCH_PASSES, memlimit=STRETCH_MEMORY_BYTES)
