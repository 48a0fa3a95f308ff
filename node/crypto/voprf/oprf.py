"""The OPRF protocol: Blind, BlindEvaluate, Finalize and Evaluate, without proofs.

RFC 9497, 3.3.1. The verifiable modes take over Blind and the output hash, so these are told their mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha512

from node.crypto.voprf import libsodium
from node.crypto.voprf.errors import InvalidInputError
from node.crypto.voprf.group import deserialize_scalar, hash_to_group, invert_all, random_scalar
from node.crypto.voprf.suite import FINALIZE, MAX_INPUT_BYTES, Mode, framed


@dataclass(frozen=True, slots=True)
class BlindResult:
    """What Blind gives: the scalar that stays with the client (repr hides it), and the element that is sent."""

    blind: bytes = field(repr=False)
    element: bytes


def blind(x: bytes, mode: Mode = Mode.OPRF) -> BlindResult:
    """Blind under a random scalar. Raises InvalidInputError if x is too long or maps to the identity."""
    scalar = random_scalar()
    return BlindResult(scalar, blind_with(x, scalar, mode))


def blind_with(x: bytes, scalar: bytes, mode: Mode) -> bytes:
    """scalar * HashToGroup(x), 32 bytes.

    Raises InvalidInputError if x is too long or maps to the identity, DeserializeError if scalar is zero or not
    canonical.
    """
    check_input(x)
    return libsodium.multiply(deserialize_scalar(scalar), hash_to_group(x, mode))


def blind_evaluate(secret: bytes, element: bytes) -> bytes:
    """BlindEvaluate: secret * element. Raises DeserializeError if element is the identity or not canonical."""
    return libsodium.multiply(secret, element)


def finalize(x: bytes, scalar: bytes, evaluated: bytes) -> bytes:
    """Finalize: unblind and hash, 64 bytes. Raises DeserializeError if evaluated is invalid."""
    return output_hash(x, unblind([scalar], [evaluated])[0])


def evaluate(secret: bytes, x: bytes, mode: Mode = Mode.OPRF) -> bytes:
    """Evaluate: what Finalize gives, computed by the holder of the key. 64 bytes.

    Raises InvalidInputError if x is too long or maps to the identity.
    """
    check_input(x)
    return output_hash(x, libsodium.multiply(secret, hash_to_group(x, mode)))


def unblind(scalars: Sequence[bytes], evaluated: Sequence[bytes]) -> list[bytes]:
    """evaluated[i] / scalars[i], in order. Raises InvalidInputError on unequal lengths, DeserializeError."""
    if len(scalars) != len(evaluated):
        raise InvalidInputError("a batch is of unequal lengths")
    return [
        libsodium.multiply(inverse, element) for inverse, element in zip(invert_all(scalars), evaluated, strict=True)
    ]


def output_hash(x: bytes, element: bytes) -> bytes:
    """Hash(x, unblinded element, "Finalize"): the output of the OPRF and VOPRF modes."""
    return sha512(framed(x) + framed(element) + FINALIZE).digest()


def check_input(x: bytes) -> None:
    """Raise InvalidInputError if an input is longer than its two length bytes can say."""
    if len(x) > MAX_INPUT_BYTES:
        raise InvalidInputError("an input is longer than 65,535 bytes")
