"""Key pairs: derived from a seed, or random.

RFC 9497, 3.2.1 (DeriveKeyPair) and 3.2 (GenerateKeyPair).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from node.crypto.voprf import libsodium
from node.crypto.voprf.errors import DeriveKeyPairError, InvalidInputError
from node.crypto.voprf.group import ZERO, hash_to_scalar, random_scalar
from node.crypto.voprf.suite import MAX_INPUT_BYTES, SEED_BYTES, SUITES, Mode, framed


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A server's key: secret, a scalar of 32 bytes that repr hides; public = secret * generator, 32 bytes."""

    secret: bytes = field(repr=False)
    public: bytes


def derive_key_pair(seed: bytes, info: bytes, mode: Mode) -> KeyPair:
    """DeriveKeyPair. seed: 32 secret uniform bytes; info: at most 65,535 public bytes.

    Raises InvalidInputError on other lengths, DeriveKeyPairError after 256 attempts that all gave zero.
    """
    if len(seed) != SEED_BYTES:
        raise InvalidInputError("a seed has 32 bytes")
    if len(info) > MAX_INPUT_BYTES:
        raise InvalidInputError("info is longer than 65,535 bytes")
    derive_input = seed + framed(info)
    for counter in range(256):
        secret = hash_to_scalar(derive_input + counter.to_bytes(1, "big"), SUITES[mode].derive_key_pair)
        if secret != ZERO:
            return KeyPair(secret, libsodium.multiply_base(secret))
    raise DeriveKeyPairError("256 attempts gave no key")


def random_key_pair() -> KeyPair:
    """GenerateKeyPair, from the operating system's randomness."""
    secret = random_scalar()
    return KeyPair(secret, libsodium.multiply_base(secret))
