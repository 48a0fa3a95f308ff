"""The verifiable mode: what finalising gives is what the owner evaluates, and nothing else passes."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.crypto.voprf import (
    DeserializeError,
    InvalidInputError,
    KeyPair,
    Mode,
    Proof,
    VerifyError,
    blind,
    blind_evaluate_batch,
    blind_with,
    derive_key_pair,
    evaluate,
    finalize_batch,
    oprf,
    random_key_pair,
    random_scalar,
    unblind_batch,
    verify_batch,
)
from node.crypto.voprf.group import ORDER

FEW = settings(max_examples=60, deadline=None)
seeds = st.binary(min_size=32, max_size=32)
batches = st.lists(st.binary(max_size=100), min_size=1, max_size=5)


@dataclass(frozen=True)
class Exchange:
    """One honest exchange, to be spoilt."""

    key: KeyPair
    inputs: list[bytes]
    blinds: list[bytes]
    elements: list[bytes]
    evaluated: list[bytes]
    proof: bytes

    def verify(self) -> None:
        verify_batch(self.key.public, self.elements, self.evaluated, self.proof)

    def finalize(self) -> list[bytes]:
        return finalize_batch(self.inputs, self.blinds, self.evaluated, self.elements, self.proof, self.key.public)


def exchange(inputs: list[bytes], key: KeyPair | None = None) -> Exchange:
    key = key or random_key_pair()
    blinds = [random_scalar() for _ in inputs]
    elements = [blind_with(x, scalar, Mode.VOPRF) for x, scalar in zip(inputs, blinds, strict=True)]
    evaluated, proof = blind_evaluate_batch(key, elements)
    return Exchange(key, inputs, blinds, elements, evaluated, proof)


@FEW
@given(seeds, st.binary(max_size=20), batches)
def test_finalising_gives_what_the_owner_evaluates(seed: bytes, info: bytes, inputs: list[bytes]) -> None:
    done = exchange(inputs, derive_key_pair(seed, info, Mode.VOPRF))
    assert done.finalize() == [evaluate(done.key, x) for x in inputs]


@FEW
@given(st.binary(max_size=100))
def test_the_base_mode_does_so_too(x: bytes) -> None:
    key = random_key_pair()
    sent = oprf.blind(x)
    assert oprf.finalize(x, sent.blind, oprf.blind_evaluate(key.secret, sent.element)) == oprf.evaluate(key.secret, x)
    assert oprf.evaluate(key.secret, x) != evaluate(key, x)


@FEW
@given(st.binary(max_size=100))
def test_the_element_sent_is_another_each_time(x: bytes) -> None:
    one, other = blind(x), blind(x)
    assert one.element != other.element
    assert one.element == blind_with(x, one.blind, Mode.VOPRF)
    assert repr(one.blind) not in repr(one)


@FEW
@given(batches)
def test_a_batch_evaluates_each_element_as_alone(inputs: list[bytes]) -> None:
    done = exchange(inputs)
    for element, evaluated in zip(done.elements, done.evaluated, strict=True):
        alone, proof = blind_evaluate_batch(done.key, [element])
        assert alone == [evaluated]
        verify_batch(done.key.public, [element], [evaluated], proof)


@FEW
@given(st.binary(max_size=100))
def test_a_batch_of_one_is_the_single_evaluation(x: bytes) -> None:
    done = exchange([x])
    assert done.evaluated == [oprf.blind_evaluate(done.key.secret, done.elements[0])]
    assert done.finalize() == [oprf.finalize(x, done.blinds[0], done.evaluated[0])] == [evaluate(done.key, x)]


def test_a_fixed_nonce_gives_one_proof_and_the_systems_nonces_differ() -> None:
    done = exchange([b"a", b"b"])
    nonce = random_scalar()
    fixed = {blind_evaluate_batch(done.key, done.elements, nonce)[1] for _ in range(2)}
    fresh = {blind_evaluate_batch(done.key, done.elements)[1] for _ in range(2)}
    assert (len(fixed), len(fresh)) == (1, 2)


Spoil = Callable[[Exchange], Exchange]


SPOILT: dict[str, Spoil] = {
    "an evaluation under another key": lambda done: replace(
        done,
        evaluated=[*done.evaluated[:-1], oprf.blind_evaluate(random_scalar(), done.elements[-1])],
    ),
    "all evaluations and the proof under another key": lambda done: replace(
        exchange(done.inputs), elements=done.elements, key=done.key
    ),
    "evaluations in another order": lambda done: replace(done, evaluated=done.evaluated[::-1]),
    "elements in another order": lambda done: replace(done, elements=done.elements[::-1]),
    "both in another order": lambda done: replace(done, elements=done.elements[::-1], evaluated=done.evaluated[::-1]),
    "another element": lambda done: replace(done, elements=[*done.elements[:-1], blind(b"other").element]),
    "one pair fewer": lambda done: replace(
        done,
        inputs=done.inputs[:-1],
        blinds=done.blinds[:-1],
        elements=done.elements[:-1],
        evaluated=done.evaluated[:-1],
    ),
    "one pair twice": lambda done: replace(
        done,
        inputs=[*done.inputs, done.inputs[0]],
        blinds=[*done.blinds, done.blinds[0]],
        elements=[*done.elements, done.elements[0]],
        evaluated=[*done.evaluated, done.evaluated[0]],
    ),
    "another public key": lambda done: replace(done, key=KeyPair(done.key.secret, random_key_pair().public)),
    "the proof of another batch": lambda done: replace(done, proof=exchange([b"x", b"y", b"z"], done.key).proof),
    "the proof's halves exchanged": lambda done: replace(done, proof=done.proof[32:] + done.proof[:32]),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_what_was_changed_does_not_verify(spoil: Spoil) -> None:
    done = exchange([b"one", b"two", b"three"])
    done.verify()
    spoilt = spoil(done)
    with pytest.raises(VerifyError):
        spoilt.verify()
    with pytest.raises(VerifyError):
        spoilt.finalize()


def test_any_flipped_bit_of_a_proof_is_refused() -> None:
    done = exchange([b"one"])
    for bit in range(0, 512, 3):
        changed = bytearray(done.proof)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((VerifyError, DeserializeError)):
            replace(done, proof=bytes(changed)).verify()


def _plus_order(scalar: bytes) -> bytes:
    return (int.from_bytes(scalar, "little") + ORDER).to_bytes(32, "little")


def test_a_proof_has_one_encoding() -> None:
    done = exchange([b"one"])
    challenge, response = done.proof[:32], done.proof[32:]
    assert Proof.deserialize(done.proof).serialize() == done.proof
    for proof in (
        challenge + _plus_order(response),
        _plus_order(challenge) + response,
        bytes(32) + response,
        challenge + bytes(32),
        done.proof[:63],
        done.proof + b"\x00",
        b"",
    ):
        with pytest.raises(DeserializeError):
            replace(done, proof=proof).verify()


@pytest.mark.parametrize("bad", [bytes(32), b"\xff" * 32, b"short"], ids=["identity", "not canonical", "short"])
def test_a_bad_element_anywhere_in_an_answer_is_refused(bad: bytes) -> None:
    done = exchange([b"one", b"two"])
    for spoilt in (
        replace(done, evaluated=[done.evaluated[0], bad]),
        replace(done, elements=[bad, done.elements[1]]),
        replace(done, key=KeyPair(done.key.secret, bad)),
    ):
        with pytest.raises(DeserializeError):
            spoilt.verify()


def test_unequal_empty_and_too_large_batches_are_refused() -> None:
    done = exchange([b"one", b"two"])
    with pytest.raises(InvalidInputError):
        blind_evaluate_batch(done.key, [])
    with pytest.raises(InvalidInputError):
        blind_evaluate_batch(done.key, [done.elements[0]] * 65_536)
    for spoilt in (
        replace(done, evaluated=done.evaluated[:1]),
        replace(done, elements=[], evaluated=[]),
        replace(done, elements=done.elements * 32_768, evaluated=done.evaluated * 32_768),
    ):
        with pytest.raises(InvalidInputError):
            spoilt.verify()
    with pytest.raises(InvalidInputError):
        replace(done, inputs=done.inputs[:1]).finalize()
    with pytest.raises(InvalidInputError):
        replace(done, inputs=done.inputs[:1], blinds=done.blinds[:1]).finalize()


def test_an_input_longer_than_its_length_bytes_can_say_is_refused() -> None:
    done = exchange([b"one"])
    long = bytes(65_536)
    assert len(evaluate(done.key, long[:-1])) == 64
    with pytest.raises(InvalidInputError):
        evaluate(done.key, long)
    with pytest.raises(InvalidInputError):
        blind(long)
    with pytest.raises(InvalidInputError):
        replace(done, inputs=[long]).finalize()


def test_unblinding_part_of_a_verified_batch_gives_that_part() -> None:
    done = exchange([b"one", b"two", b"padding"])
    done.verify()
    assert unblind_batch(done.inputs[:2], done.blinds[:2], done.evaluated[:2]) == done.finalize()[:2]
    assert unblind_batch([], [], []) == []


def test_threads_compute_what_one_thread_does() -> None:
    key = random_key_pair()
    inputs = [bytes([number]) * 9 for number in range(64)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda x: evaluate(key, x), inputs)) == [evaluate(key, x) for x in inputs]


def test_a_key_pair_reaches_a_worker_process_unchanged() -> None:
    key = random_key_pair()
    assert pickle.loads(pickle.dumps(key)) == key  # noqa: S301 - our own bytes
