"""The VOPRF protocol, always in batches: what an owner and a requester compute in an ask (protocol.md 5 and 6).

RFC 9497, 3.3.2. A batch of one is the RFC's single evaluation.
"""

from __future__ import annotations

from collections.abc import Sequence

from node.crypto.voprf import libsodium, oprf
from node.crypto.voprf.dleq import Proof, generate_proof, verify_proof
from node.crypto.voprf.errors import InvalidInputError
from node.crypto.voprf.group import invert_all
from node.crypto.voprf.keys import KeyPair
from node.crypto.voprf.suite import MAX_BATCH, SUITES, Mode

_SUITE = SUITES[Mode.VOPRF]


def blind(x: bytes) -> oprf.BlindResult:
    """Blind under a random scalar. Raises InvalidInputError if x is too long or maps to the identity."""
    return oprf.blind(x, Mode.VOPRF)


def blind_evaluate_batch(
    key: KeyPair, elements: Sequence[bytes], nonce: bytes | None = None
) -> tuple[list[bytes], bytes]:
    """BlindEvaluate over a batch: (evaluated elements of 32 bytes each, one proof of 64 bytes).

    nonce: see generate_proof; for test vectors alone. Raises DeserializeError if an element is the identity or not
    canonical, InvalidInputError if the batch is empty or larger than 65,535.
    """
    if not 0 < len(elements) <= MAX_BATCH:
        raise InvalidInputError("a batch is empty or larger than 65,535")
    secret, multiply = key.secret, libsodium.multiply
    evaluated = [multiply(secret, element) for element in elements]
    return evaluated, generate_proof(secret, key.public, elements, evaluated, _SUITE, nonce=nonce).serialize()


def evaluate(key: KeyPair, x: bytes) -> bytes:
    """Evaluate: the owner's own evaluation of x, 64 bytes, equal to what finalize_batch gives a requester.

    Raises InvalidInputError if x is too long or maps to the identity.
    """
    return oprf.evaluate(key.secret, x, Mode.VOPRF)


def verify_batch(public: bytes, elements: Sequence[bytes], evaluated: Sequence[bytes], proof: bytes) -> None:
    """Check that every evaluated[i] is elements[i] under the key of public (32 bytes each; proof of 64 bytes).

    Raises VerifyError, DeserializeError or InvalidInputError (RFC 9497, 2.2.2).
    """
    verify_proof(public, elements, evaluated, Proof.deserialize(proof), _SUITE)


def finalize_batch(
    inputs: Sequence[bytes],
    blinds: Sequence[bytes],
    evaluated: Sequence[bytes],
    elements: Sequence[bytes],
    proof: bytes,
    public: bytes,
) -> list[bytes]:
    """Finalize: verify the whole batch, then unblind and hash each input, 64 bytes each, in order.

    Raises VerifyError, DeserializeError or InvalidInputError, and then gives nothing at all.
    """
    verify_batch(public, elements, evaluated, proof)
    return unblind_batch(inputs, blinds, evaluated)


def unblind_batch(inputs: Sequence[bytes], blinds: Sequence[bytes], evaluated: Sequence[bytes]) -> list[bytes]:
    """The second half of Finalize, for whoever has called verify_batch: padding need not be unblinded.

    Raises DeserializeError, InvalidInputError. It trusts the evaluations: never call it before verify_batch.
    """
    return unblind_inverted(inputs, invert_all(blinds), evaluated)


def unblind_inverted(inputs: Sequence[bytes], inverses: Sequence[bytes], evaluated: Sequence[bytes]) -> list[bytes]:
    """As unblind_batch, by the inverses of the blinds (invert_all): who asks several servers inverts them once."""
    if not len(inputs) == len(inverses) == len(evaluated):
        raise InvalidInputError("a batch is of unequal lengths")
    for x in inputs:
        oprf.check_input(x)
    unblinded = map(libsodium.multiply, inverses, evaluated)
    return [oprf.output_hash(x, element) for x, element in zip(inputs, unblinded, strict=True)]
