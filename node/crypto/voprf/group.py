"""The prime-order group of the suite: hashing to it, its scalars and their serialisation.

RFC 9497, 2.1 (the interface) and 4.1 (ristretto255-SHA512); expand_message_xmd is RFC 9380, 5.3.1, with SHA-512.
Elements and scalars are their 32-byte serialisations everywhere, so that no function can forget to validate them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from hashlib import sha512

from node.crypto.voprf import libsodium
from node.crypto.voprf.errors import DeserializeError, InvalidInputError
from node.crypto.voprf.suite import SCALAR_BYTES, SUITES, WIDE_BYTES, Mode

ORDER = 2**252 + 27742317777372353535851937790883648493
ZERO = bytes(SCALAR_BYTES)
IDENTITY = bytes(32)
_ONE = (1).to_bytes(SCALAR_BYTES, "little")

# Z_pad of RFC 9380, 5.3.1: one input block of SHA-512.
_Z_PAD = bytes(128)


@cache
def _primes(dst: bytes) -> tuple[bytes, bytes]:
    """What follows the message in b_0, and what follows b_0 in b_1. dst is one of the few strings of suite.py."""
    dst_prime = dst + len(dst).to_bytes(1, "big")
    return WIDE_BYTES.to_bytes(2, "big") + b"\x00" + dst_prime, b"\x01" + dst_prime


def expand_message_xmd(message: bytes, dst: bytes) -> bytes:
    """expand_message_xmd(message, dst, 64): the only length that the suite asks for, hence one output block."""
    after_message, after_first = _primes(dst)
    first = sha512(_Z_PAD + message + after_message).digest()
    return sha512(first + after_first).digest()


def hash_to_group(x: bytes, mode: Mode) -> bytes:
    """HashToGroup: an element of unknown discrete logarithm.

    Raises InvalidInputError if x maps to the identity, as every caller in RFC 9497, 3.3 must.
    """
    element = libsodium.from_uniform_bytes(expand_message_xmd(x, SUITES[mode].hash_to_group))
    if element == IDENTITY:
        raise InvalidInputError("the input maps to the identity")
    return element


def hash_to_scalar(x: bytes, dst: bytes) -> bytes:
    """HashToScalar under a domain-separation tag of suite.py. Zero is possible."""
    return libsodium.scalar_reduce(expand_message_xmd(x, dst))


def reduce_scalar(wide: bytes) -> bytes:
    """64 uniform bytes, little-endian, modulo the order: a scalar. Raises ValueError on another length."""
    return libsodium.scalar_reduce(wide)


def random_scalar() -> bytes:
    """RandomScalar: uniform and never zero (RFC 9497, 4.7.2, by wide reduction)."""
    while (scalar := libsodium.scalar_reduce(os.urandom(WIDE_BYTES))) == ZERO:
        pass
    return scalar


def invert_all(scalars: Sequence[bytes]) -> list[bytes]:
    """The inverses of non-zero scalars, in order: one inversion and three multiplications each (Montgomery's trick).

    Secret scalars stay in libsodium's constant-time arithmetic. Raises DeserializeError if one is zero.
    """
    if not scalars:
        return []
    product = _ONE
    before: list[bytes] = []
    for scalar in scalars:
        before.append(product)
        product = libsodium.scalar_multiply(product, scalar)
    remaining = libsodium.scalar_invert(product)
    inverses: list[bytes] = []
    for scalar, prefix in zip(reversed(scalars), reversed(before), strict=True):
        inverses.append(libsodium.scalar_multiply(remaining, prefix))
        remaining = libsodium.scalar_multiply(remaining, scalar)
    inverses.reverse()
    return inverses


def weighted_sum(weights: Sequence[bytes], elements: Sequence[bytes]) -> bytes:
    """The sum of weight * element over one or more pairs. Raises DeserializeError if an element is invalid."""
    terms = map(libsodium.multiply, weights, elements)
    total = next(terms)
    for term in terms:
        total = libsodium.add(total, term)
    return total


def deserialize_element(data: bytes) -> bytes:
    """DeserializeElement: data itself. Raises DeserializeError if it is the identity or not canonical."""
    if data == IDENTITY or not libsodium.is_valid_point(data):
        raise DeserializeError("an element is the identity or not canonical")
    return data


def deserialize_scalar(data: bytes) -> bytes:
    """DeserializeScalar: data itself. Raises DeserializeError unless it is 32 bytes, below the order and not zero."""
    if len(data) != SCALAR_BYTES or not 0 < int.from_bytes(data, "little") < ORDER:
        raise DeserializeError("a scalar is zero or not canonical")
    return data
