"""Ed25519 (RFC 8032) over libsodium, which refuses small-order keys and non-canonical signatures."""

from __future__ import annotations

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey as _SodiumKey
from nacl.signing import VerifyKey

from node.errors import Code, LancangError

SEED_BYTES = 32
PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64


class SigningKey:
    """A signing key from its seed (32 bytes). repr shows the public half alone; it cannot be pickled."""

    __slots__ = ("_key", "public")

    public: bytes

    def __init__(self, seed: bytes) -> None:
        """Raises ValueError unless seed has 32 bytes."""
        if len(seed) != SEED_BYTES:
            raise ValueError("a signing seed has 32 bytes")
        self._key = _SodiumKey(seed)
        self.public = bytes(self._key.verify_key)

    def sign(self, message: bytes) -> bytes:
        """The signature over message, 64 bytes."""
        return self._key.sign(message).signature

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public.hex()})"

    def __reduce__(self) -> str:
        raise TypeError("a signing key is not pickled")


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Check a signature of 64 bytes under a public key of 32. Raises LancangError SIGNATURE_WRONG otherwise."""
    if len(public) != PUBLIC_BYTES or len(signature) != SIGNATURE_BYTES:
        raise LancangError(Code.SIGNATURE_WRONG, "a key or signature has the wrong length")
    try:
        VerifyKey(public).verify(message, signature)
    except BadSignatureError:
        raise LancangError(Code.SIGNATURE_WRONG) from None
