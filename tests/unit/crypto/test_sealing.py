"""Sealed bytes open at their place, under their key, unaltered, and in no other way."""

from __future__ import annotations

import itertools
import pickle

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given, settings
from hypothesis import strategies as st

from node.crypto.sealing import OVERHEAD_BYTES, Place, Sealer, derive_key, stretch_secret
from node.errors import Code, LancangError

KEY = bytes(range(32))
HERE = Place("record_version", b"row-1", "body")
FEW = settings(max_examples=50, deadline=None)
words = st.text(max_size=12)
places = st.builds(Place, table=words, row=st.binary(max_size=12), column=words)


@FEW
@given(st.binary(max_size=200), places)
def test_what_is_sealed_opens_at_its_place(plaintext: bytes, place: Place) -> None:
    sealed = Sealer(KEY).seal(plaintext, place)
    assert len(sealed) == len(plaintext) + OVERHEAD_BYTES
    assert Sealer(KEY).open(sealed, place) == plaintext


@FEW
@given(places, places)
def test_two_places_never_read_alike(one: Place, other: Place) -> None:
    assert (one.encode() == other.encode()) == (one == other)


def test_parts_of_a_place_do_not_run_into_each_other() -> None:
    parts = ("ab", "c", "", "a", "bc")
    encoded = [Place(*part).encode() for part in itertools.product(parts, repeat=3)]
    assert len(set(encoded)) == len(encoded)


@pytest.mark.parametrize(
    "place",
    [
        Place("record", b"row-1", "body"),
        Place("record_version", b"row-2", "body"),
        Place("record_version", b"row-1", "digest"),
        Place("record_version", b"", "row-1body"),
    ],
)
def test_a_moved_ciphertext_is_refused(place: Place) -> None:
    sealed = Sealer(KEY).seal(b"content", HERE)
    with pytest.raises(LancangError) as refusal:
        Sealer(KEY).open(sealed, place)
    assert refusal.value.code is Code.STORAGE_DAMAGED


def test_every_flipped_bit_is_refused() -> None:
    sealer = Sealer(KEY)
    sealed = sealer.seal(b"content", HERE)
    for bit in range(8 * len(sealed)):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(LancangError):
            sealer.open(bytes(changed), HERE)


def test_every_shorter_or_longer_ciphertext_is_refused() -> None:
    sealer = Sealer(KEY)
    sealed = sealer.seal(b"content", HERE)
    for changed in (*(sealed[:size] for size in range(len(sealed))), sealed + b"\x00"):
        with pytest.raises(LancangError):
            sealer.open(changed, HERE)


def test_another_key_does_not_open_it() -> None:
    sealed = Sealer(KEY).seal(b"content", HERE)
    with pytest.raises(LancangError):
        Sealer(KEY[::-1]).open(sealed, HERE)


def test_a_refusal_tells_neither_row_nor_content() -> None:
    with pytest.raises(LancangError) as refusal:
        Sealer(KEY).open(b"content" * 10, Place("record", b"passport-4711", "body"))
    assert "4711" not in str(refusal.value)
    assert "content" not in str(refusal.value)
    assert "record.body" in str(refusal.value)
    assert refusal.value.__suppress_context__


def test_the_same_content_is_sealed_differently_each_time() -> None:
    sealer = Sealer(KEY)
    assert len({sealer.seal(b"content", HERE) for _ in range(100)}) == 100


def test_a_sealer_shows_its_key_to_nobody() -> None:
    sealer = Sealer(KEY)
    assert repr(sealer) == "Sealer()"
    with pytest.raises(TypeError):
        pickle.dumps(sealer)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_keys_of_other_lengths_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(bytes(size))
    with pytest.raises(ValueError, match="32 bytes"):
        derive_key(bytes(size), "columns")


def test_each_purpose_and_each_master_has_its_own_key() -> None:
    keys = {derive_key(master, purpose) for master in (KEY, KEY[::-1]) for purpose in ("columns", "files", "")}
    assert len(keys) == 6
    assert {len(key) for key in keys} == {32}
    assert derive_key(KEY, "columns") == derive_key(KEY, "columns")


def test_a_secret_is_stretched_as_another_argon2id_does_it() -> None:
    secret, salt = b"correct horse", bytes(range(16))
    other = Argon2id(salt=salt, length=32, iterations=3, lanes=1, memory_cost=64 * 1024)
    assert stretch_secret(secret, salt) == other.derive(secret)
    assert stretch_secret(secret, salt[::-1]) != stretch_secret(secret, salt)


@pytest.mark.parametrize("size", [0, 15, 17])
def test_a_salt_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        stretch_secret(b"secret", bytes(size))
