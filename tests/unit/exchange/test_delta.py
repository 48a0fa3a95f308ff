"""Deltas: one size whatever they carry, the next free slot of each token, COMMON once, accidents passed over."""

from __future__ import annotations

import hashlib
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import Code, LancangError
from node.exchange import posting
from node.exchange.batch import parse_revocations
from node.exchange.delta import Revocation
from node.exchange.ends import EndsNoted
from node.exchange.posting import decode_postings, slot
from tests.unit.exchange.builders import TERMS, Owner, owner, record, seeded, tag

CAP, PLACES = TERMS.list_cap, TERMS.records_per_delta


def test_a_new_record_is_found_after_the_older_ones() -> None:
    chain = owner([record(tag(1), "a")])
    chain.publish(record(tag(2), "a", "b"), record(tag(3), "a"))
    chain.publish(record(tag(4), "b"))
    assert chain.walk("a").tags == (tag(1), tag(2), tag(3))
    assert chain.walk("b").tags == (tag(2), tag(4))


def test_all_deltas_are_of_one_size() -> None:
    chain = owner()
    chain.publish()
    chain.publish(record(tag(1), "a"))
    chain.publish(record(tag(2), "a", "b", "c", "d"), record(tag(3), "e", "f", "g", "h"))
    chain.publish(withdrawn=[tag(1)], replaced=[Revocation(tag(2), tag(4))])
    sizes = {(len(delta.postings), len(delta.revocations)) for delta in chain.deltas}
    assert sizes == {(16 * 4 * PLACES, 14 * PLACES)}
    for delta in chain.deltas:
        labels = decode_postings(delta.postings)[0].tolist()
        assert labels == sorted(set(labels))
        assert parse_revocations(delta.revocations)


def test_slot_c_becomes_common_once_and_later_records_are_not_posted() -> None:
    chain = owner([record(tag(number), "a") for number in range(CAP - 1)])
    chain.publish(record(tag(100), "a"))
    assert len(chain.walk("a").tags) == CAP
    chain.publish(record(tag(101), "a", "b"), record(tag(102), "a"))
    assert (chain.walk("a").common, chain.walk("a").next_index) == (True, CAP + 1)
    assert chain.walk("b").tags == (tag(101),)
    chain.publish(record(tag(103), "a"))
    assert chain.walk("a").next_index == CAP + 1
    assert chain.taken.find(slot(chain.key("a"), CAP + 1).label) is None


def test_a_token_common_in_the_snapshot_stays_as_it_is() -> None:
    chain = owner([record(tag(number), "a") for number in range(CAP + 1)])
    chain.publish(record(tag(100), "a"))
    assert (chain.walk("a").common, chain.walk("a").next_index) == (True, 1)
    assert chain.taken.find(slot(chain.key("a"), 1).label) is None


def test_revocations_say_replaced_or_withdrawn_and_dummies_revoke_nobody() -> None:
    chain = owner([record(tag(number), "a") for number in range(3)])
    delta = chain.publish(replaced=[Revocation(tag(0), tag(9))])
    first, second = sorted(parse_revocations(delta.revocations), key=lambda entry: entry.old != tag(0))
    assert first == Revocation(tag(0), tag(9))
    assert second.old not in chain.tags
    delta = chain.publish(withdrawn=[tag(1), tag(2)])
    assert {entry.old for entry in parse_revocations(delta.revocations)} == {tag(1), tag(2)}
    assert len({entry.new for entry in parse_revocations(delta.revocations)} | chain.tags) == len(chain.tags) + 2


def test_a_dummy_that_meets_a_used_tag_or_label_is_drawn_again() -> None:
    chain = owner([record(tag(1), "a")])
    taken_label = next(iter(chain.taken.postings)).to_bytes(8, "big")
    honest = seeded(5)
    drawn: list[int] = []

    def random(size: int) -> bytes:
        """The first draw of dummies meets a label in use, the first of tags a used tag and one tag twice."""
        drawn.append(size)
        if size == 16 * 4 * PLACES and drawn.count(size) == 1:
            return taken_label + honest(size - 8)
        if size == 7 * 2 * PLACES and drawn.count(size) == 1:
            return tag(1) + tag(2) + tag(2) + honest(size - 21)
        return honest(size)

    chain.random = random
    delta = chain.publish()
    assert drawn == [16 * 4 * PLACES, 16, 7 * 2 * PLACES, 7, 7]
    tags = [one for entry in parse_revocations(delta.revocations) for one in (entry.old, entry.new)]
    assert tag(1) not in tags
    assert len(set(tags)) == 2 * PLACES
    assert chain.state.position is not None
    assert chain.state.position.seq == 1


def test_a_record_of_more_tokens_than_it_has_postings_is_refused() -> None:
    with pytest.raises(LancangError) as refusal:
        owner().publish(record(tag(1), *"abcde"))
    assert refusal.value.code is Code.INPUT_TOO_LARGE


def test_a_token_that_a_record_holds_twice_is_posted_once() -> None:
    chain = owner()
    chain.publish(record(tag(1), "a", "a"))
    assert chain.walk("a").next_index == 1


def test_two_tokens_that_share_their_first_label_are_not_taken_for_one(crowded: Owner) -> None:
    shared: dict[int, str] = {}
    for number in count():
        name = str(number)
        other = shared.setdefault(slot(crowded.key(name), 0).label, name)
        if other != name:
            break
    crowded.publish(record(tag(1), other), record(tag(2), name))
    assert tag(1) in crowded.walk(other).tags
    assert tag(2) in crowded.walk(name).tags


def test_more_records_than_there_is_room_for_are_refused() -> None:
    with pytest.raises(LancangError) as refusal:
        owner().publish(*(record(tag(number), "a") for number in range(PLACES + 1)))
    assert refusal.value.code is Code.INPUT_TOO_LARGE


def test_more_revocations_than_there_is_room_for_are_refused() -> None:
    with pytest.raises(LancangError) as refusal:
        owner().publish(withdrawn=[tag(1), tag(2)], replaced=[Revocation(tag(3), tag(4))])
    assert refusal.value.code is Code.INPUT_TOO_LARGE


def test_building_alone_uses_nothing_up() -> None:
    chain = owner()
    unsent = chain.build(record(tag(1), "a"))
    sent = chain.publish(record(tag(1), "a"))
    label = slot(chain.key("a"), 0).label
    assert label in decode_postings(unsent.postings)[0].tolist()
    assert label in decode_postings(sent.postings)[0].tolist()


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> Owner:
    """An owner whose labels are 11 bits long, so that accidents are common."""
    alone, begun_before = posting.slot_bytes, posting.slot_at

    def narrow(place: bytes) -> bytes:
        return bytes(6) + bytes([place[6] & 0x07, place[7]]) + place[8:]

    def narrow_at(begun: hashlib.blake2b, i: int) -> bytes:
        return narrow(begun_before(begun, i))

    monkeypatch.setattr(posting, "slot_bytes", lambda key, i: narrow(alone(key, i)))
    monkeypatch.setattr(posting, "slot_at", narrow_at)
    return owner()


@pytest.mark.parametrize("at_once", [1, 10, 60])
def test_a_label_taken_by_accident_is_passed_over_and_no_record_is_lost(crowded: Owner, at_once: int) -> None:
    contents = []
    for number in range(60):
        chosen = [f"{number}-{i}" for i in range(4)]
        contents.append(crowded.content(record(tag(2 * number), *chosen), record(tag(2 * number + 1), *chosen[:2])))
    for start in range(0, 60, at_once):
        crowded.publish_all(contents[start : start + at_once])
    skipped = 0
    for number in range(60):
        for i in range(4):
            found = crowded.walk(f"{number}-{i}")
            expected = [tag(2 * number), tag(2 * number + 1)] if i < 2 else [tag(2 * number)]
            assert [one for one in found.tags if one in crowded.tags] == expected
            skipped += found.next_index > len(expected)
    assert skipped > 0
    labels = [label for label, _ in crowded.delta_postings()]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("posted", [CAP - 1, CAP])
def test_common_stands_at_slot_c_also_beside_an_accident(posted: int) -> None:
    chain = owner([record(tag(number), "a") for number in range(posted)])
    chain.taken.postings[slot(chain.key("b"), 1).label] = 0
    chain.publish(record(tag(100), "b"), record(tag(101), "a", "b"))
    assert (chain.walk("a").common, chain.walk("a").next_index) == (posted == CAP, posted + 1)
    assert {tag(100), tag(101)} <= set(chain.walk("b").tags)
    assert chain.walk("b").next_index == 3


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.sets(st.sampled_from("abcdef"), max_size=4), max_size=PLACES), max_size=12),
    st.integers(1, 12),
    st.integers(0, 6),
)
def test_every_list_is_what_a_plain_model_says(batches: list[list[set[str]]], at_once: int, noted: int) -> None:
    chain = owner(seed=7)
    chain.noted = EndsNoted(noted)
    model: dict[str, list[bytes]] = {token: [] for token in "abcdef"}
    contents = []
    number = 0
    for batch in batches:
        records = []
        for tokens in batch:
            number += 1
            records.append(record(tag(number), *sorted(tokens)))
            for token in tokens:
                model[token].append(tag(number))
        contents.append(chain.content(*records))
    for start in range(0, len(contents), at_once):
        chain.publish_all(contents[start : start + at_once])
    for token, tags in model.items():
        found = chain.walk(token)
        common = len(tags) > CAP
        assert (list(found.tags), found.common) == ([] if common else tags, common)
