"""The POPRF protocol: a VOPRF whose key is tweaked by public info that both sides know. Always in batches.

RFC 9497, 3.3.3. The protocol of this project uses the VOPRF; this completes the RFC and holds its vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha512

from node.crypto.voprf import libsodium, oprf
from node.crypto.voprf.dleq import Proof, generate_proof, verify_proof
from node.crypto.voprf.errors import InvalidInputError, InverseError
from node.crypto.voprf.group import IDENTITY, ZERO, deserialize_element, hash_to_group, hash_to_scalar
from node.crypto.voprf.keys import KeyPair
from node.crypto.voprf.suite import FINALIZE, INFO, MAX_BATCH, MAX_INPUT_BYTES, SUITES, Mode, framed

_SUITE = SUITES[Mode.POPRF]


def blind(x: bytes) -> oprf.BlindResult:
    """Blind under a random scalar. Raises InvalidInputError if x is too long or maps to the identity."""
    return oprf.blind(x, Mode.POPRF)


def tweak_public(public: bytes, info: bytes) -> bytes:
    """The tweaked key that a batch under info is proved against: public + m * G.

    Raises InvalidInputError if it is the identity or info is too long, DeserializeError if public is invalid.
    """
    tweaked = libsodium.add(libsodium.multiply_base(_info_scalar(info)), deserialize_element(public))
    if tweaked == IDENTITY:
        raise InvalidInputError("the key and info add up to the identity")
    return tweaked


def blind_evaluate_batch(
    key: KeyPair, elements: Sequence[bytes], info: bytes, nonce: bytes | None = None
) -> tuple[list[bytes], bytes]:
    """BlindEvaluate over a batch under one info: (evaluated elements, one proof of 64 bytes).

    Raises InverseError if key and info add up to zero, DeserializeError if an element is the identity or not
    canonical, InvalidInputError if the batch is empty or larger than 65,535 or info too long.
    """
    if not 0 < len(elements) <= MAX_BATCH:
        raise InvalidInputError("a batch is empty or larger than 65,535")
    tweaked = _tweak_secret(key.secret, info)
    inverse = libsodium.scalar_invert(tweaked)
    evaluated = [libsodium.multiply(inverse, element) for element in elements]
    # The proof runs from evaluated to blinded elements: it is the tweaked key that joins them, not its inverse.
    proof = generate_proof(tweaked, libsodium.multiply_base(tweaked), evaluated, elements, _SUITE, nonce=nonce)
    return evaluated, proof.serialize()


def evaluate(key: KeyPair, x: bytes, info: bytes) -> bytes:
    """Evaluate: the owner's own evaluation of x under info, 64 bytes.

    Raises InverseError if key and info add up to zero, InvalidInputError if x or info is too long.
    """
    oprf.check_input(x)
    inverse = libsodium.scalar_invert(_tweak_secret(key.secret, info))
    return _output_hash(x, info, libsodium.multiply(inverse, hash_to_group(x, Mode.POPRF)))


def finalize_batch(
    inputs: Sequence[bytes],
    blinds: Sequence[bytes],
    evaluated: Sequence[bytes],
    elements: Sequence[bytes],
    proof: bytes,
    public: bytes,
    info: bytes,
) -> list[bytes]:
    """Finalize: verify the whole batch against the tweaked key, then unblind and hash each input, 64 bytes each.

    Raises VerifyError, DeserializeError or InvalidInputError, and then gives nothing at all.
    """
    if len(inputs) != len(blinds):
        raise InvalidInputError("a batch is of unequal lengths")
    for x in inputs:
        oprf.check_input(x)
    verify_proof(tweak_public(public, info), evaluated, elements, Proof.deserialize(proof), _SUITE)
    unblinded = oprf.unblind(blinds, evaluated)
    return [_output_hash(x, info, element) for x, element in zip(inputs, unblinded, strict=True)]


def _info_scalar(info: bytes) -> bytes:
    if len(info) > MAX_INPUT_BYTES:
        raise InvalidInputError("info is longer than 65,535 bytes")
    return hash_to_scalar(INFO + framed(info), _SUITE.hash_to_scalar)


def _tweak_secret(secret: bytes, info: bytes) -> bytes:
    tweaked = libsodium.scalar_add(secret, _info_scalar(info))
    if tweaked == ZERO:
        raise InverseError("the key and info add up to zero")
    return tweaked


def _output_hash(x: bytes, info: bytes, element: bytes) -> bytes:
    return sha512(framed(x) + framed(info) + framed(element) + FINALIZE).digest()
