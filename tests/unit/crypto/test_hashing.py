"""H of the protocol is BLAKE2b with its person padded by zeros, as libsodium computes it too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_generichash_blake2b_salt_personal

from node.crypto.hashing import blake

persons = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=16)


@given(persons, st.binary(max_size=64), st.binary(max_size=300), st.integers(1, 64))
def test_libsodium_agrees(person: str, key: bytes, data: bytes, size: int) -> None:
    padded = person.encode().ljust(16, b"\x00")
    assert blake(person, key, data, size) == crypto_generichash_blake2b_salt_personal(
        data, digest_size=size, key=key, person=padded
    )


def test_person_key_data_and_size_each_separate() -> None:
    base = blake("lancang1.key", b"k", b"d", 32)
    others = (
        blake("lancang1.slot", b"k", b"d", 32),
        blake("lancang1.key", b"", b"d", 32),
        blake("lancang1.key", b"k", b"e", 32),
        blake("lancang1.key", b"k", b"d", 64)[:32],
    )
    assert base not in others


@pytest.mark.parametrize(
    ("person", "key", "size"),
    [("x" * 17, b"", 32), ("x", bytes(65), 32), ("x", b"", 0), ("x", b"", 65), ("ก", b"", 32)],
)
def test_lengths_and_letters_that_do_not_fit_are_refused(person: str, key: bytes, size: int) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the texts are hashlib's
        blake(person, key, b"data", size)
