"""Snapshots: every record under each of its tokens, COMMON where too many, padded, rebuilt on a collision."""

from __future__ import annotations

import pytest

from node.errors import Code, LancangError
from node.exchange import posting, snapshot
from node.exchange.posting import COMMON, ascending, slot
from node.exchange.snapshot import EncodedRecord, build_snapshot
from node.exchange.terms import Terms
from tests.unit.exchange.builders import SCOPE, TERMS, evaluation, owner, record, seeded, tag

MULTIPLE = 1024 * TERMS.postings_per_record


def test_each_record_is_found_under_each_of_its_tokens_in_order() -> None:
    chain = owner([record(tag(1), "a", "b"), record(tag(2), "b", "c"), record(tag(3), "b")])
    assert chain.walk("a").tags == (tag(1),)
    assert chain.walk("b").tags == (tag(1), tag(2), tag(3))
    assert chain.walk("c").tags == (tag(2),)
    assert chain.walk("nobody").tags == ()


def test_a_token_given_twice_is_posted_once() -> None:
    chain = owner([record(tag(1), "a", "a")])
    assert chain.walk("a").next_index == 1


@pytest.mark.parametrize("records", [TERMS.list_cap, TERMS.list_cap + 1])
def test_a_token_with_more_than_c_records_is_common_and_nothing_else(records: int) -> None:
    chain = owner([record(tag(number), "a") for number in range(records)])
    found = chain.walk("a")
    if records <= TERMS.list_cap:
        assert (len(found.tags), found.common, found.next_index) == (records, False, records)
        return
    assert (found.tags, found.common, found.next_index) == ((), True, 1)
    first = slot(chain.key("a"), 0)
    assert chain.taken.postings[first.label] ^ first.mask == COMMON
    assert all(chain.taken.find(slot(chain.key("a"), i).label) is None for i in range(1, records + 1))


@pytest.mark.parametrize(("tokens", "expected"), [(0, 1), (1, 1), (MULTIPLE, 1), (MULTIPLE + 1, 2)])
def test_the_size_is_a_multiple_and_never_zero(tokens: int, expected: int) -> None:
    count = TERMS.postings_per_record
    records = [
        EncodedRecord(tag(at), tuple(evaluation(f"{at + i}") for i in range(min(count, tokens - at))))
        for at in range(0, tokens, count)
    ]
    made = build_snapshot(records, SCOPE, TERMS, seeded(2))
    assert len(made.labels) == len(made.masked) == expected * MULTIPLE
    assert ascending(made.labels)


def test_chunks_are_full_but_the_last() -> None:
    made = build_snapshot([], SCOPE, Terms(65, 2, 5, 8), seeded(2))
    assert [len(chunk) // 16 for chunk in made.chunks()] == [65_536, 1024]


def test_when_labels_meet_the_secret_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    derive = posting.slot_bytes
    first: list[bytes] = []

    def colliding(key: bytes, i: int) -> bytes:
        place = derive(key, i)
        if len(first) < 2:
            first.append(place)
            return bytes(8) + place[8:]
        return place

    monkeypatch.setattr(snapshot, "slot_bytes", colliding)
    made = build_snapshot([record(tag(1), "a", "b")], SCOPE, TERMS, seeded(3))
    assert made.secret != seeded(3)(32)
    assert bytes(8) not in {chunk[at : at + 8] for chunk in made.chunks() for at in range(0, len(chunk), 16)}


def test_a_source_that_always_collides_is_called_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "slot_bytes", lambda key, i: bytes(16))
    with pytest.raises(LancangError) as refusal:
        build_snapshot([record(tag(1), "a", "b")], SCOPE, TERMS, seeded(3))
    assert refusal.value.code is Code.INTERNAL


def test_what_cannot_be_a_record_is_refused() -> None:
    with pytest.raises(LancangError) as refusal:
        owner([record(tag(1), "a", "b", "c", "d", "e")])
    assert refusal.value.code is Code.INPUT_TOO_LARGE
    with pytest.raises(ValueError, match="one record"):
        owner([record(tag(1), "a"), record(tag(1), "b")])
    with pytest.raises(ValueError, match="64 bytes"):
        owner([EncodedRecord(tag(1), (b"short",))])


def test_the_secret_is_not_shown() -> None:
    made = build_snapshot([], SCOPE, TERMS, seeded(2))
    assert made.secret.hex() not in repr(made)
    assert repr(made.secret) not in repr(made)
