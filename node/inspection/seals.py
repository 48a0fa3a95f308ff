"""The inspector's cryptography: hashes and signatures of protocol.md, and the box that an opening may come in."""

from __future__ import annotations

from hashlib import blake2b

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.signing import VerifyKey

KEY_BYTES = 32


def blake(person: str, key: bytes, data: bytes, size: int) -> bytes:
    """H(person, key, data, n) of the protocol's conventions."""
    return blake2b(data, digest_size=size, key=key, person=person.encode("ascii")).digest()


def lp(value: bytes | str) -> bytes:
    """u16 length || value. Raises OverflowError above 65,535 bytes."""
    data = value.encode() if isinstance(value, str) else value
    return len(data).to_bytes(2, "big") + data


def signed_by(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature holds."""
    try:
        VerifyKey(key).verify(message, signature)
    except (CryptoError, ValueError):
        return False
    return True


def new_key() -> tuple[bytes, bytes]:
    """An inspector's key pair (X25519): private, public."""
    key = PrivateKey.generate()
    return bytes(key), bytes(key.public_key)


def public_of(private: bytes) -> bytes:
    """The public half of an inspector's key. Raises ValueError unless it has 32 bytes."""
    if len(private) != KEY_BYTES:
        raise ValueError("an inspector's key has 32 bytes")
    return bytes(PrivateKey(private).public_key)


def seal_to(public: bytes, data: bytes) -> bytes:
    """What only the holder of the private half can read (libsodium's crypto_box_seal)."""
    return SealedBox(PublicKey(public)).encrypt(data)


def unseal(private: bytes, sealed: bytes) -> bytes | None:
    """The content of a box, or None if it is not for this key or was changed."""
    try:
        return SealedBox(PrivateKey(private)).decrypt(sealed)
    except (CryptoError, ValueError):
        return None
