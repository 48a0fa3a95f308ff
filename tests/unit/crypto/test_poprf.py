"""The partially oblivious mode: info binds an evaluation, and other info is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.crypto.voprf import (
    DeserializeError,
    InvalidInputError,
    InverseError,
    KeyPair,
    VerifyError,
    libsodium,
    poprf,
    random_key_pair,
    random_scalar,
)
from node.crypto.voprf.group import ZERO, hash_to_scalar
from node.crypto.voprf.suite import SUITES, Mode, framed

FEW = settings(max_examples=60, deadline=None)
infos = st.binary(max_size=40)
batches = st.lists(st.binary(max_size=60), min_size=1, max_size=4)


def _exchange(key: KeyPair, inputs: list[bytes], info: bytes) -> tuple[list[bytes], list[bytes], list[bytes], bytes]:
    sent = [poprf.blind(x) for x in inputs]
    elements = [each.element for each in sent]
    evaluated, proof = poprf.blind_evaluate_batch(key, elements, info)
    return [each.blind for each in sent], evaluated, elements, proof


@FEW
@given(batches, infos)
def test_finalising_gives_what_the_owner_evaluates(inputs: list[bytes], info: bytes) -> None:
    key = random_key_pair()
    blinds, evaluated, elements, proof = _exchange(key, inputs, info)
    finalized = poprf.finalize_batch(inputs, blinds, evaluated, elements, proof, key.public, info)
    assert finalized == [poprf.evaluate(key, x, info) for x in inputs]


@FEW
@given(st.binary(max_size=60), infos, infos)
def test_other_info_gives_another_output_and_is_refused(x: bytes, info: bytes, other: bytes) -> None:
    if info == other:
        other += b"!"
    key = random_key_pair()
    assert poprf.evaluate(key, x, info) != poprf.evaluate(key, x, other)
    blinds, evaluated, elements, proof = _exchange(key, [x], info)
    with pytest.raises(VerifyError):
        poprf.finalize_batch([x], blinds, evaluated, elements, proof, key.public, other)


def test_a_changed_element_proof_key_or_order_is_refused() -> None:
    key, info, inputs = random_key_pair(), b"info", [b"one", b"two"]
    blinds, evaluated, elements, proof = _exchange(key, inputs, info)
    wrong = libsodium.multiply(random_scalar(), elements[0])
    other_proof = _exchange(key, inputs, info)[3]
    for spoilt in (
        ([wrong, evaluated[1]], elements, proof, key.public),
        (evaluated[::-1], elements, proof, key.public),
        (evaluated, [wrong, elements[1]], proof, key.public),
        (evaluated, elements, other_proof, key.public),
        (evaluated, elements, proof, random_key_pair().public),
    ):
        with pytest.raises(VerifyError):
            poprf.finalize_batch(inputs, blinds, *spoilt, info)
    for bad in (bytes(32), b"\xff" * 32):
        with pytest.raises(DeserializeError):
            poprf.finalize_batch(inputs, blinds, [bad, evaluated[1]], elements, proof, key.public, info)
        with pytest.raises(DeserializeError):
            poprf.blind_evaluate_batch(key, [bad], info)


def test_a_key_that_info_cancels_is_refused_at_both_ends() -> None:
    m = hash_to_scalar(b"Info" + framed(b"chosen"), SUITES[Mode.POPRF].hash_to_scalar)
    secret = libsodium.scalar_subtract(ZERO, m)
    key = KeyPair(secret, libsodium.multiply_base(secret))
    with pytest.raises(InverseError):
        poprf.evaluate(key, b"x", b"chosen")
    with pytest.raises(InverseError):
        poprf.blind_evaluate_batch(key, [poprf.blind(b"x").element], b"chosen")
    with pytest.raises(InvalidInputError):
        poprf.tweak_public(key.public, b"chosen")


def test_lengths_that_cannot_be_said_are_refused() -> None:
    key, long = random_key_pair(), bytes(65_536)
    sent = poprf.blind(b"x")
    evaluated, proof = poprf.blind_evaluate_batch(key, [sent.element], b"")
    with pytest.raises(InvalidInputError):
        poprf.evaluate(key, b"x", long)
    with pytest.raises(InvalidInputError):
        poprf.evaluate(key, long, b"")
    with pytest.raises(InvalidInputError):
        poprf.blind_evaluate_batch(key, [], b"")
    for inputs in ([long], []):
        with pytest.raises(InvalidInputError):
            poprf.finalize_batch(inputs, [sent.blind], evaluated, [sent.element], proof, key.public, b"")


@pytest.mark.parametrize("public", [bytes(32), b"\xff" * 32], ids=["identity", "not canonical"])
def test_a_public_key_that_is_no_key_is_refused(public: bytes) -> None:
    with pytest.raises(DeserializeError):
        poprf.tweak_public(public, b"info")
