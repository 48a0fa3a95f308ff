"""Leaves: their bytes, their commitments, and what they show of who acted."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from node.audit.kinds import CODES, ActKind
from node.audit.leaf import (
    Actors,
    Leaf,
    commitment,
    commitments,
    derived_salt,
    field_salt,
    pseudonym,
    shared_id,
    value_bytes,
)

SALT = bytes(range(32))
LEAF = Leaf(26, b"i" * 16, 1_800_000_000_000, "0f" * 16, "cn", (b"a" * 32, b"b" * 32))


def test_a_leaf_is_the_bytes_that_the_protocol_names() -> None:
    head = b"\x01\x1a" + b"i" * 16 + (1_800_000_000_000).to_bytes(8, "big")
    names = b"\x00\x20" + b"0f" * 16 + b"\x00\x02cn"
    assert LEAF.encode() == head + names + b"\x02" + b"a" * 32 + b"b" * 32
    assert Leaf.decode(LEAF.encode()) == LEAF
    assert Leaf.decode(replace(LEAF, actor="", peer="", commitments=()).encode()).commitments == ()


@pytest.mark.parametrize("cut", [0, 1, 20, 27, 40, 65, 66, 68, 69, 100])
def test_a_leaf_that_ends_early_is_none(cut: int) -> None:
    with pytest.raises(ValueError, match=r"leaf|version"):
        Leaf.decode(LEAF.encode()[:cut])


def test_a_leaf_with_more_after_it_is_none() -> None:
    with pytest.raises(ValueError, match="commitments"):
        Leaf.decode(LEAF.encode() + b"\0")


def test_a_commitment_is_what_another_hand_computes() -> None:
    def h(person: bytes, key: bytes, data: bytes) -> bytes:
        return hashlib.blake2b(data, digest_size=32, key=key, person=person).digest()

    salt = h(b"lancang1.fsalt", SALT, b"\0\x07purpose")
    assert field_salt(SALT, "purpose") == salt
    wanted = h(b"lancang1.field", salt, b"\0\x07purpose\0\x05fraud")
    assert commitment(salt, "purpose", b"fraud") == wanted
    assert commitments(SALT, {"zone": 7, "purpose": "fraud", "absent": None})[0] == wanted


def test_fields_are_committed_to_in_the_order_of_their_names_and_without_those_that_have_no_value() -> None:
    assert commitments(SALT, {"b": 1, "a": True, "c": None}) == (
        commitment(field_salt(SALT, "a"), "a", b"true"),
        commitment(field_salt(SALT, "b"), "b", b"1"),
    )
    assert [value_bytes(each) for each in ("x", 12, False)] == [b"x", b"12", b"false"]


def test_the_salt_of_one_field_opens_no_other() -> None:
    assert field_salt(SALT, "a") != field_salt(SALT, "b")
    assert derived_salt(SALT, "answer") not in (SALT, derived_salt(SALT, "ask"))


def test_both_ends_give_an_act_one_id_and_another_pair_another() -> None:
    one = shared_id("mekong", "th", "cn", "ask", b"s" * 16)
    assert len(one) == 16
    others = {
        shared_id("mekong", "th", "la", "ask", b"s" * 16),
        shared_id("mekong", "cn", "th", "ask", b"s" * 16),
        shared_id("mekong", "th", "cn", "answer", b"s" * 16),
        shared_id("mekong", "th", "cn", "ask", b"t" * 16),
    }
    assert len(others | {one}) == 5


def test_a_leaf_shows_an_officer_of_this_node_by_the_name_that_peers_know() -> None:
    actors = Actors("th", b"k" * 32)
    assert actors.shown("somchai", "cn") == pseudonym(b"k" * 32, "somchai")
    assert actors.shown("th", "cn") == "th"
    assert actors.shown("cn", "cn") == "cn"
    assert actors.shown("", "") == ""
    assert actors.shown("0f" * 16, "cn") == "0f" * 16
    assert Actors().shown("somchai", "") == ""


def test_every_kind_has_a_number_of_its_own_in_leaves() -> None:
    assert set(CODES) == set(ActKind)
    assert len(set(CODES.values())) == len(CODES)
    assert all(0 < code < 256 for code in CODES.values())
