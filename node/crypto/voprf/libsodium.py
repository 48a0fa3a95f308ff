"""ristretto255 as rbcl's libsodium computes it: bytes in, bytes out, lengths checked before C sees a pointer.

RFC 9496 for the group. rbcl is called below its own wrappers, because those ignore return codes of additions and its
libsodium 1.0.18 ignores the highest bit of an encoding, which RFC 9496, 4.3.1 says must be refused.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable
from pathlib import Path

from rbcl import _sodium as _library

from node.crypto.voprf.errors import DeserializeError
from node.crypto.voprf.suite import ELEMENT_BYTES, SCALAR_BYTES, WIDE_BYTES

_Function = Callable[..., int]

# A scalar operation takes half a microsecond: releasing the interpreter's lock for it, as CDLL does, costs more
# than it gives once several threads evaluate. Point operations (5 to 50 us) do release it.
_locked = ctypes.PyDLL(_library._name, handle=_library._handle)  # noqa: SLF001 - rbcl has no public handle

# rbcl writes its libsodium to a temporary file at each import and leaves it there, 2.8 MB a process. It is mapped now.
with contextlib.suppress(OSError):
    Path(_library._name).unlink()  # noqa: SLF001 - rbcl has no public path

_Bytes32 = ctypes.c_char * 32


def _bound(library: ctypes.CDLL, name: str, arguments: int) -> _Function:
    function = library[name]
    function.argtypes = (ctypes.c_char_p,) * arguments
    function.restype = ctypes.c_int
    bound: _Function = function
    return bound


_multiply = _bound(_library, "crypto_scalarmult_ristretto255", 3)
_multiply_base = _bound(_library, "crypto_scalarmult_ristretto255_base", 2)
_add = _bound(_library, "crypto_core_ristretto255_add", 3)
_from_hash = _bound(_library, "crypto_core_ristretto255_from_hash", 2)
_is_valid_point = _bound(_library, "crypto_core_ristretto255_is_valid_point", 1)
_scalar_invert = _bound(_library, "crypto_core_ristretto255_scalar_invert", 2)
_scalar_reduce = _bound(_locked, "crypto_core_ristretto255_scalar_reduce", 2)
_scalar_add = _bound(_locked, "crypto_core_ristretto255_scalar_add", 3)
_scalar_subtract = _bound(_locked, "crypto_core_ristretto255_scalar_sub", 3)
_scalar_multiply = _bound(_locked, "crypto_core_ristretto255_scalar_mul", 3)


def _check_element(element: bytes) -> None:
    if len(element) != ELEMENT_BYTES or element[31] & 0x80:
        raise DeserializeError("an element is not canonical")


def _check_scalars(*scalars: bytes) -> None:
    for scalar in scalars:
        if len(scalar) != SCALAR_BYTES:
            raise DeserializeError("a scalar has not 32 bytes")


def is_valid_point(element: bytes) -> bool:
    """Whether element is the canonical encoding of a group element, the identity (all zero) included."""
    return len(element) == ELEMENT_BYTES and not element[31] & 0x80 and _is_valid_point(element) == 1


def multiply(scalar: bytes, element: bytes) -> bytes:
    """scalar * element, in constant time.

    This decodes element, so it is at the same time its validation. Raises DeserializeError if element is not
    canonical, or if the product is the identity, which is to say that element is the identity or scalar zero.
    """
    _check_element(element)
    if len(scalar) != SCALAR_BYTES:
        raise DeserializeError("a scalar has not 32 bytes")
    product = _Bytes32()
    if _multiply(product, scalar, element) != 0:
        raise DeserializeError("an element is the identity or not canonical, or a scalar is zero")
    return product.raw


def multiply_base(scalar: bytes) -> bytes:
    """scalar * generator, in constant time. Raises DeserializeError if scalar is zero."""
    _check_scalars(scalar)
    product = _Bytes32()
    if _multiply_base(product, scalar) != 0:
        raise DeserializeError("a scalar is zero")
    return product.raw


def add(left: bytes, right: bytes) -> bytes:
    """left + right; the sum may be the identity. Raises DeserializeError if one is not canonical."""
    _check_element(left)
    _check_element(right)
    total = _Bytes32()
    if _add(total, left, right) != 0:
        raise DeserializeError("an element is not canonical")
    return total.raw


def from_uniform_bytes(wide: bytes) -> bytes:
    """The one-way map of RFC 9496, 4.3.4, from 64 uniform bytes to an element. The identity is possible."""
    if len(wide) != WIDE_BYTES:
        raise ValueError("the one-way map takes 64 bytes")
    element = _Bytes32()
    _from_hash(element, wide)
    return element.raw


def scalar_reduce(wide: bytes) -> bytes:
    """64 bytes, little-endian, modulo the group order. Zero is possible."""
    if len(wide) != WIDE_BYTES:
        raise ValueError("reduction takes 64 bytes")
    scalar = _Bytes32()
    _scalar_reduce(scalar, wide)
    return scalar.raw


def scalar_add(left: bytes, right: bytes) -> bytes:
    """left + right modulo the group order."""
    _check_scalars(left, right)
    total = _Bytes32()
    _scalar_add(total, left, right)
    return total.raw


def scalar_subtract(left: bytes, right: bytes) -> bytes:
    """left - right modulo the group order."""
    _check_scalars(left, right)
    difference = _Bytes32()
    _scalar_subtract(difference, left, right)
    return difference.raw


def scalar_multiply(left: bytes, right: bytes) -> bytes:
    """left * right modulo the group order."""
    _check_scalars(left, right)
    product = _Bytes32()
    _scalar_multiply(product, left, right)
    return product.raw


def scalar_invert(scalar: bytes) -> bytes:
    """1 / scalar modulo the group order, in constant time. Raises DeserializeError if scalar is zero."""
    _check_scalars(scalar)
    inverse = _Bytes32()
    if _scalar_invert(inverse, scalar) != 0:
        raise DeserializeError("a scalar is zero")
    return inverse.raw
