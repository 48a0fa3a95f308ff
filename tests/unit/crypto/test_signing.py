"""Signatures verify for their message and key alone, and another Ed25519 agrees on every byte."""

from __future__ import annotations

import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from node.crypto.signing import SigningKey, verify
from node.errors import Code, LancangError

FEW = settings(max_examples=25, deadline=None)
seeds = st.binary(min_size=32, max_size=32)


def _refused(public: bytes, message: bytes, signature: bytes) -> None:
    with pytest.raises(LancangError) as refusal:
        verify(public, message, signature)
    assert refusal.value.code is Code.SIGNATURE_WRONG


@FEW
@given(seeds, st.binary(max_size=200))
def test_another_implementation_signs_and_verifies_alike(seed: bytes, message: bytes) -> None:
    key, other = SigningKey(seed), Ed25519PrivateKey.from_private_bytes(seed)
    assert key.public == other.public_key().public_bytes_raw()
    assert key.sign(message) == other.sign(message)
    verify(key.public, message, other.sign(message))
    Ed25519PublicKey.from_public_bytes(key.public).verify(key.sign(message), message)


@FEW
@given(seeds, st.binary(max_size=50), st.binary(min_size=1, max_size=5))
def test_a_changed_message_is_refused(seed: bytes, message: bytes, tail: bytes) -> None:
    key = SigningKey(seed)
    _refused(key.public, message + tail, key.sign(message))


def test_every_flipped_bit_of_a_signature_or_key_is_refused() -> None:
    key = SigningKey(bytes(range(32)))
    signature = key.sign(b"message")
    for bit in range(512):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        _refused(key.public, b"message", bytes(changed))
    for bit in range(256):
        changed = bytearray(key.public)
        changed[bit // 8] ^= 1 << bit % 8
        _refused(bytes(changed), b"message", signature)


@pytest.mark.parametrize(("public", "signature"), [(31, 64), (33, 64), (0, 64), (32, 63), (32, 65), (32, 0)])
def test_other_lengths_are_a_refusal_and_no_crash(public: int, signature: int) -> None:
    _refused(bytes(public), b"message", bytes(signature))


def test_a_key_of_small_order_signs_nothing() -> None:
    # With the neutral element as key and as R, and S = 0, the equation holds for every message.
    neutral = b"\x01" + bytes(31)
    _refused(neutral, b"any message", neutral + bytes(32))


def test_a_signing_key_shows_its_public_half_alone() -> None:
    seed = bytes(range(32))
    key = SigningKey(seed)
    assert key.public.hex() in repr(key)
    assert seed.hex() not in repr(key)
    with pytest.raises(TypeError):
        pickle.dumps(key)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_seeds_of_other_lengths_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SigningKey(bytes(size))
