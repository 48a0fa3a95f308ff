"""Postings against the published vector, and their codecs."""

from __future__ import annotations

import numpy as np
import pytest

from node.exchange.posting import (
    COMMON,
    ListHeads,
    Slot,
    ascending,
    begun_slots,
    content_tag,
    decode_postings,
    encode_posting,
    encode_postings,
    list_heads,
    posting_context,
    posting_key,
    record_content,
    slot,
    slot_bytes,
    slots,
    spans,
    tag_numbers,
)
from node.model.scope import Scope

VECTOR_KEY = posting_key(bytes(range(64)), posting_context(b"\x11" * 32, Scope("mekong", "th", "cn", 3)))


def test_the_vector_of_the_protocol() -> None:
    assert VECTOR_KEY.hex() == "c7dbe645d2f78fad85d76c162b5dc09ade0639b2ab59af02ef494c8f61bb412f"
    place = slot(VECTOR_KEY, 0)
    assert place == Slot(0x11F5403C453965B9, 0x8104F72B3FC62718)
    posting = encode_posting(place, record_content(bytes.fromhex("aa" * 7)))
    assert posting.hex() == "11f5403c453965b92bae5d81956c8d18"


def test_many_slots_are_the_single_ones() -> None:
    places = [(VECTOR_KEY, i) for i in (0, 1, 7, 1023, 1024, 70_000)]
    labels, masks = slots(places)
    assert [Slot(int(label), int(mask)) for label, mask in zip(labels, masks, strict=True)] == [
        slot(key, i) for key, i in places
    ]


def test_list_heads_are_the_keys_and_first_slots_of_each_token_once() -> None:
    context = posting_context(b"\x11" * 32, Scope("mekong", "th", "cn", 3))
    other = posting_key(bytes(64), context)
    heads = list_heads(bytes(range(64)) + bytes(64) + bytes(range(64)), context)
    assert (heads.keys, heads.slots) == (VECTOR_KEY + other, slot_bytes(VECTOR_KEY, 0) + slot_bytes(other, 0))
    assert len(heads) == 2
    with pytest.raises(ValueError, match="64 bytes"):
        list_heads(bytes(63), context)
    with pytest.raises(ValueError, match="for each token"):
        ListHeads(VECTOR_KEY, b"")


def test_stretches_of_lists_are_the_single_slots() -> None:
    stretches = [
        (bytes(32), range(3)),
        (VECTOR_KEY, range(1022, 1026)),
        (VECTOR_KEY, range(5, 5)),
        (bytes(32), range(1)),
    ]
    labels, masks = spans((begun_slots(key), stretch) for key, stretch in stretches)
    expected_labels, expected_masks = slots((key, i) for key, stretch in stretches for i in stretch)
    assert labels.tolist() == expected_labels.tolist()
    assert masks.tolist() == expected_masks.tolist()


@pytest.mark.parametrize(
    "other",
    [
        Scope("mekong", "th", "cn", 4),
        Scope("mekong", "th", "vn", 3),
        Scope("mekong", "la", "cn", 3),
        Scope("other", "th", "cn", 3),
    ],
)
def test_a_key_is_bound_to_its_scope(other: Scope) -> None:
    assert posting_key(bytes(range(64)), posting_context(b"\x11" * 32, other)) != VECTOR_KEY


def test_postings_survive_the_wire_in_its_order() -> None:
    labels = np.array([1, 2**32, 2**63, 2**64 - 1], dtype=np.uint64)
    masked = np.array([2**64 - 1, 0, 5, 2**56], dtype=np.uint64)
    data = encode_postings(labels, masked)
    pieces = [data[at : at + 16] for at in range(0, 64, 16)]
    assert pieces == sorted(pieces)
    assert pieces[1] == bytes.fromhex("00000001000000000000000000000000")
    back = decode_postings(data)
    assert [part.tolist() for part in back] == [labels.tolist(), masked.tolist()]
    with pytest.raises(ValueError, match="whole number"):
        decode_postings(data[:-1])


def test_contents_are_told_apart_by_their_flag() -> None:
    assert content_tag(record_content(b"\x01\x02\x03\x04\x05\x06\x07")) == b"\x01\x02\x03\x04\x05\x06\x07"
    assert content_tag(COMMON) is None
    assert content_tag(0x1234_05) is None
    with pytest.raises(ValueError, match="7 bytes"):
        record_content(b"short")
    assert tag_numbers(bytes.fromhex("01020304050607ff000000000000")).tolist() == [0x01020304050607, 0xFF000000000000]
    with pytest.raises(ValueError, match="7 bytes"):
        tag_numbers(bytes(13))
    with pytest.raises(ValueError, match="32 bytes"):
        posting_context(b"short", Scope("mekong", "th", "cn", 3))


def test_equal_labels_are_not_ascending() -> None:
    assert ascending(np.array([1, 2], dtype=np.uint64))
    assert not ascending(np.array([2, 2], dtype=np.uint64))
    assert not ascending(np.array([3, 2], dtype=np.uint64))
