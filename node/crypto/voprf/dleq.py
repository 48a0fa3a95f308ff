"""Batched proofs that one scalar joins a public key to the generator and every element of D to one of C.

RFC 9497, 2.2: GenerateProof, VerifyProof, ComputeComposites and ComputeCompositesFast. A is the generator in every
use that the RFC makes of them, so it is not a parameter here: multiplying a fixed base is three times as fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha512
from hmac import compare_digest

from node.crypto.voprf import libsodium
from node.crypto.voprf.errors import DeserializeError, InvalidInputError, VerifyError
from node.crypto.voprf.group import deserialize_scalar, hash_to_scalar, random_scalar, weighted_sum
from node.crypto.voprf.suite import CHALLENGE, COMPOSITE, ELEMENT_BYTES, MAX_BATCH, PROOF_BYTES, Suite, framed

_ELEMENT_LENGTH = ELEMENT_BYTES.to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class Proof:
    """A discrete-logarithm-equality proof: two scalars of 32 bytes."""

    challenge: bytes
    response: bytes

    def serialize(self) -> bytes:
        """challenge || response, 64 bytes (RFC 9497, 3.3.2)."""
        return self.challenge + self.response

    @classmethod
    def deserialize(cls, data: bytes) -> Proof:
        """Read 64 bytes. Raises DeserializeError unless they are two canonical, non-zero scalars."""
        if len(data) != PROOF_BYTES:
            raise DeserializeError("a proof has 64 bytes")
        return cls(deserialize_scalar(data[:32]), deserialize_scalar(data[32:]))


def generate_proof(
    secret: bytes,
    public: bytes,
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
    suite: Suite,
    *,
    nonce: bytes | None = None,
) -> Proof:
    """GenerateProof(secret, G, public, inputs, outputs), where outputs[i] = secret * inputs[i].

    nonce: the scalar r, fixed by test vectors alone: used for two different batches it reveals the secret.
    Raises InvalidInputError on an empty, too large or unequal batch.
    """
    weights = _weights(public, inputs, outputs, suite)
    left = weighted_sum(weights, inputs)
    right = libsodium.multiply(secret, left)
    if nonce is None:
        nonce = random_scalar()
    commitments = libsodium.multiply_base(nonce), libsodium.multiply(nonce, left)
    challenge = _challenge((public, left, right, *commitments), suite)
    return Proof(challenge, libsodium.scalar_subtract(nonce, libsodium.scalar_multiply(challenge, secret)))


def verify_proof(public: bytes, inputs: Sequence[bytes], outputs: Sequence[bytes], proof: Proof, suite: Suite) -> None:
    """VerifyProof(G, public, inputs, outputs, proof).

    Raises VerifyError if the proof is wrong, DeserializeError if an element or the key is invalid (multiplying them
    validates them), InvalidInputError on an empty, too large or unequal batch.
    """
    challenge, response = proof.challenge, proof.response
    weights = _weights(public, inputs, outputs, suite)
    left = weighted_sum(weights, inputs)
    right = weighted_sum(weights, outputs)
    of_generator = libsodium.add(libsodium.multiply_base(response), libsodium.multiply(challenge, public))
    of_batch = libsodium.add(libsodium.multiply(response, left), libsodium.multiply(challenge, right))
    if not compare_digest(_challenge((public, left, right, of_generator, of_batch), suite), challenge):
        raise VerifyError("the proof does not verify under the public key")


def _weights(public: bytes, inputs: Sequence[bytes], outputs: Sequence[bytes], suite: Suite) -> list[bytes]:
    """The d_i of ComputeComposites: each binds a pair to its place, to the key and to the mode."""
    if not 0 < len(inputs) == len(outputs) <= MAX_BATCH:
        raise InvalidInputError("a batch is empty, larger than 65,535, or of unequal lengths")
    if any(len(element) != ELEMENT_BYTES for element in (public, *inputs, *outputs)):
        raise DeserializeError("an element has not 32 bytes")
    seed = sha512(framed(public) + framed(suite.seed)).digest()
    prefix, between, dst = framed(seed), _ELEMENT_LENGTH, suite.hash_to_scalar
    return [
        hash_to_scalar(b"".join((prefix, index.to_bytes(2, "big"), between, source, between, target, COMPOSITE)), dst)
        for index, (source, target) in enumerate(zip(inputs, outputs, strict=True))
    ]


def _challenge(elements: Sequence[bytes], suite: Suite) -> bytes:
    """The challenge over the key, both composites and both commitments, in that order."""
    return hash_to_scalar(b"".join(map(framed, elements)) + CHALLENGE, suite.hash_to_scalar)
