"""Agreement with the `voprf` wheel (Rust, asterized/voprf), an implementation that shares no code with ours.

It speaks the verifiable mode with its own random blinds, so each end here is once ours and once the other's. Its batch
output is serialised as proof || elements.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voprf import ristretto as oracle

from node.crypto.voprf import (
    PROOF_BYTES,
    Mode,
    blind,
    blind_evaluate_batch,
    derive_key_pair,
    evaluate,
    finalize_batch,
    random_key_pair,
)

FEW = settings(max_examples=60, deadline=None)
seeds = st.binary(min_size=32, max_size=32)
infos = st.binary(max_size=60)
batches = st.lists(st.binary(max_size=300), min_size=1, max_size=6)
# Its client refuses the empty input, which the RFC allows.
client_batches = st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=6)


@FEW
@given(seeds, infos)
def test_keys_are_derived_alike(seed: bytes, info: bytes) -> None:
    theirs = oracle.Evaluator.from_seed(seed, info)
    assert theirs.public_key.serialize() == derive_key_pair(seed, info, Mode.VOPRF).public


@FEW
@given(seeds, infos, st.binary(max_size=300))
def test_direct_evaluations_are_alike(seed: bytes, info: bytes, x: bytes) -> None:
    theirs = oracle.Evaluator.from_seed(seed, info)
    assert theirs.evaluate_known_input(x) == evaluate(derive_key_pair(seed, info, Mode.VOPRF), x)


@FEW
@given(seeds, batches)
def test_our_requester_understands_their_owner(seed: bytes, inputs: list[bytes]) -> None:
    theirs = oracle.Evaluator.from_seed(seed, b"epoch")
    sent = [blind(x) for x in inputs]
    messages = [oracle.BlindedInput.deserialize(each.element) for each in sent]
    answer = theirs.evaluate_batch(messages).serialize()
    proof, rest = answer[:PROOF_BYTES], answer[PROOF_BYTES:]
    evaluated = [rest[start : start + 32] for start in range(0, len(rest), 32)]
    finalized = finalize_batch(
        inputs,
        [each.blind for each in sent],
        evaluated,
        [each.element for each in sent],
        proof,
        theirs.public_key.serialize(),
    )
    assert finalized == [theirs.evaluate_known_input(x) for x in inputs]


@FEW
@given(seeds, client_batches)
def test_their_requester_understands_our_owner(seed: bytes, inputs: list[bytes]) -> None:
    key = derive_key_pair(seed, b"epoch", Mode.VOPRF)
    pairs = [oracle.Client.blind(x) for x in inputs]
    evaluated, proof = blind_evaluate_batch(key, [message.serialize() for _, message in pairs])
    answer = oracle.VerifiableBatchOutput.deserialize(proof + b"".join(evaluated))
    public = oracle.PublicKey.deserialize(key.public)
    finalized = oracle.Client.finalize_batch([client for client, _ in pairs], answer, public)
    assert finalized == [evaluate(key, x) for x in inputs]


def test_their_requester_refuses_our_owner_under_another_key() -> None:
    client, message = oracle.Client.blind(b"x")
    evaluated, proof = blind_evaluate_batch(random_key_pair(), [message.serialize()])
    answer = oracle.VerifiableOutput.deserialize(proof + evaluated[0])
    with pytest.raises(ValueError, match="proof"):
        client.finalize(answer, oracle.PublicKey.deserialize(random_key_pair().public))
