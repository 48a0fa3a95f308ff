"""The group: what it decodes, what it refuses, and its scalars (RFC 9496; RFC 9497, 2.1 and 4.1)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import rbcl
from hypothesis import given, settings
from hypothesis import strategies as st

from node.crypto.voprf import (
    DeriveKeyPairError,
    DeserializeError,
    InvalidInputError,
    Mode,
    blind_evaluate_batch,
    blind_with,
    derive_key_pair,
    deserialize_element,
    deserialize_scalar,
    hash_to_group,
    keys,
    libsodium,
    random_key_pair,
    random_scalar,
    reduce_scalar,
)
from node.crypto.voprf.group import ORDER, invert_all, weighted_sum

FIELD = 2**255 - 19
FEW = settings(max_examples=100, deadline=None)

# RFC 9496, A.1: the first multiples of the generator.
GENERATOR = bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")
TWICE = bytes.fromhex("6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919")


def _octets(number: int) -> bytes:
    return number.to_bytes(32, "little")


ONE = _octets(1)

REFUSED_ELEMENTS = {
    "identity": bytes(32),
    "highest bit": GENERATOR[:31] + bytes([GENERATOR[31] | 0x80]),
    "identity with highest bit": bytes(31) + b"\x80",
    "field order": _octets(FIELD),
    "generator plus one bit past the field": _octets(FIELD + 2),
    "negative": _octets(FIELD - int.from_bytes(GENERATOR, "little")),
    "one, which is negative": _octets(1),
    "largest": b"\xff" * 32,
    "no square": bytes.fromhex("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
    "short": GENERATOR[:31],
    "long": GENERATOR + b"\x00",
    "empty": b"",
}

scalars = st.integers(1, ORDER - 1).map(_octets)


def test_multiples_of_the_generator_are_the_published_ones() -> None:
    assert libsodium.multiply_base(_octets(1)) == GENERATOR
    assert libsodium.multiply_base(_octets(2)) == TWICE
    assert libsodium.add(GENERATOR, GENERATOR) == libsodium.multiply(_octets(2), GENERATOR) == TWICE


@pytest.mark.parametrize("element", REFUSED_ELEMENTS.values(), ids=REFUSED_ELEMENTS.keys())
def test_an_identity_or_non_canonical_element_is_refused_by_every_door(element: bytes) -> None:
    key = random_key_pair()
    with pytest.raises(DeserializeError):
        deserialize_element(element)
    with pytest.raises(DeserializeError):
        libsodium.multiply(random_scalar(), element)
    with pytest.raises(DeserializeError):
        blind_evaluate_batch(key, [GENERATOR, element])


@FEW
@given(scalars)
def test_each_element_has_one_encoding_of_the_two_that_differ_in_the_highest_bit(scalar: bytes) -> None:
    element = libsodium.multiply_base(scalar)
    assert deserialize_element(element) == element
    with pytest.raises(DeserializeError):
        libsodium.add(element, element[:31] + bytes([element[31] | 0x80]))


@pytest.mark.parametrize(
    "scalar",
    [bytes(32), _octets(ORDER), _octets(ORDER + 1), b"\xff" * 32, _octets(1)[:31], _octets(1) + b"\x00", b""],
    ids=["zero", "order", "order plus one", "largest", "short", "long", "empty"],
)
def test_a_zero_or_non_canonical_scalar_is_refused(scalar: bytes) -> None:
    with pytest.raises(DeserializeError):
        deserialize_scalar(scalar)
    with pytest.raises(DeserializeError):
        blind_with(b"x", scalar, Mode.VOPRF)


@FEW
@given(st.binary(min_size=64, max_size=64))
def test_reduction_is_modulo_the_order(wide: bytes) -> None:
    assert int.from_bytes(reduce_scalar(wide), "little") == int.from_bytes(wide, "little") % ORDER


@pytest.mark.parametrize("size", [0, 32, 63, 65])
def test_reduction_takes_64_bytes_only(size: int) -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        reduce_scalar(bytes(size))


@FEW
@given(st.lists(scalars, max_size=8))
def test_inverting_all_at_once_gives_each_inverse_in_its_place(many: list[bytes]) -> None:
    assert invert_all(many) == [_octets(pow(int.from_bytes(scalar, "little"), -1, ORDER)) for scalar in many]


def test_inverting_a_zero_among_others_is_refused() -> None:
    with pytest.raises(DeserializeError):
        invert_all([random_scalar(), bytes(32), random_scalar()])


@FEW
@given(st.lists(st.tuples(scalars, scalars), min_size=1, max_size=6))
def test_a_weighted_sum_is_the_sum_of_the_products(pairs: list[tuple[bytes, bytes]]) -> None:
    elements = [libsodium.multiply_base(logarithm) for _, logarithm in pairs]
    total = sum(int.from_bytes(w, "little") * int.from_bytes(x, "little") for w, x in pairs) % ORDER
    expected = libsodium.multiply_base(_octets(total)) if total else bytes(32)
    assert weighted_sum([weight for weight, _ in pairs], elements) == expected


def test_modes_hash_and_derive_apart() -> None:
    assert len({hash_to_group(b"x", mode) for mode in Mode}) == len(Mode)
    assert len({derive_key_pair(bytes(32), b"", mode).secret for mode in Mode}) == len(Mode)


def test_a_key_pair_never_shows_its_secret() -> None:
    key = random_key_pair()
    assert repr(key.public) in repr(key)
    assert repr(key.secret) not in repr(key)
    assert key.secret.hex() not in repr(key)


@pytest.mark.parametrize(("seed", "info"), [(bytes(31), b""), (bytes(33), b""), (bytes(32), bytes(65_536))])
def test_key_derivation_refuses_other_lengths(seed: bytes, info: bytes) -> None:
    with pytest.raises(InvalidInputError):
        derive_key_pair(seed, info, Mode.VOPRF)


DOORS_FOR_SCALARS: dict[str, Callable[[bytes], bytes]] = {
    "multiply": lambda scalar: libsodium.multiply(scalar, GENERATOR),
    "multiply_base": libsodium.multiply_base,
    "scalar_invert": libsodium.scalar_invert,
    "scalar_add": lambda scalar: libsodium.scalar_add(scalar, ONE),
    "scalar_subtract": lambda scalar: libsodium.scalar_subtract(ONE, scalar),
    "scalar_multiply": lambda scalar: libsodium.scalar_multiply(ONE, scalar),
}


@pytest.mark.parametrize("door", DOORS_FOR_SCALARS.values(), ids=DOORS_FOR_SCALARS.keys())
@pytest.mark.parametrize("scalar", [b"", bytes(31), bytes(33)], ids=["empty", "short", "long"])
def test_no_scalar_of_another_length_reaches_the_library(door: Callable[[bytes], bytes], scalar: bytes) -> None:
    with pytest.raises(DeserializeError):
        door(scalar)


@pytest.mark.parametrize("wide", [b"", bytes(63), bytes(65)], ids=["empty", "short", "long"])
def test_the_map_to_the_group_takes_64_bytes_only(wide: bytes) -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        libsodium.from_uniform_bytes(wide)


def test_zero_scalars_have_neither_inverse_nor_public_key() -> None:
    for refused in (libsodium.multiply_base, libsodium.scalar_invert):
        with pytest.raises(DeserializeError):
            refused(bytes(32))


def test_adding_what_is_no_element_is_refused() -> None:
    with pytest.raises(DeserializeError):
        libsodium.add(GENERATOR, REFUSED_ELEMENTS["no square"])


# The next two cannot be met by trying inputs: no input is known that hashes to the identity or to a zero key.


def test_an_input_that_maps_to_the_identity_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libsodium, "from_uniform_bytes", lambda wide: bytes(32))
    with pytest.raises(InvalidInputError):
        blind_with(b"x", ONE, Mode.VOPRF)


def test_a_seed_that_only_gives_zero_keys_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "hash_to_scalar", lambda x, dst: bytes(32))
    with pytest.raises(DeriveKeyPairError):
        derive_key_pair(bytes(32), b"", Mode.VOPRF)


def test_a_process_leaves_no_copy_of_the_library_behind() -> None:
    assert not Path(rbcl._sodium._name).exists()
