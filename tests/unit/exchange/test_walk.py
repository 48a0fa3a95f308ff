"""Walking lists: in order, to their end, past accidents, and no further than an honest owner would go."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import Code, LancangError
from node.exchange.posting import COMMON, content_tag, record_content, slot
from node.exchange.terms import Found, Words
from node.exchange.walk import Walk, walk, walk_many
from tests.unit.exchange.builders import DictLookup, tag

CAP = 256


def key(number: int) -> bytes:
    return number.to_bytes(32, "big")


def put(lookup: DictLookup, token: int, i: int, content: int) -> None:
    place = slot(key(token), i)
    lookup.postings[place.label] = place.mask ^ content


def plainly(lookup: DictLookup, token: int) -> Walk:
    """The walk as protocol.md words it, one slot at a time."""
    tags: list[bytes] = []
    i = 0
    while (masked := lookup.find((place := slot(key(token), i)).label)) is not None:
        i += 1
        content = masked ^ place.mask
        if content == COMMON:
            return Walk((), True, i)
        found = content_tag(content)
        if found is not None:
            tags.append(found)
    return Walk(tuple(tags), False, i)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, CAP), st.booleans()), min_size=1, max_size=8))
def test_many_tokens_walk_as_each_would_alone(lists: list[tuple[int, bool]]) -> None:
    lookup = DictLookup()
    for token, (length, common) in enumerate(lists):
        for i in range(length):
            put(lookup, token, i, record_content(tag(1000 * token + i)))
        if common:
            put(lookup, token, length, COMMON)
    walks = walk_many(lookup, [key(token) for token in range(len(lists))], CAP)
    assert walks == [plainly(lookup, token) for token in range(len(lists))]


def test_nothing_beyond_a_gap_is_seen() -> None:
    lookup = DictLookup()
    for i in (0, 1, 3):
        put(lookup, 1, i, record_content(tag(i)))
    assert walk(lookup, key(1), CAP) == Walk((tag(0), tag(1)), False, 2)


def test_another_tokens_posting_met_by_accident_is_passed() -> None:
    lookup = DictLookup()
    put(lookup, 1, 0, record_content(tag(0)))
    put(lookup, 1, 1, 0xDEADBEEF)
    put(lookup, 1, 2, record_content(tag(2)))
    assert walk(lookup, key(1), CAP) == Walk((tag(0), tag(2)), False, 3)


def test_a_tag_repeated_by_its_owner_counts_once() -> None:
    lookup = DictLookup()
    for i in range(3):
        put(lookup, 1, i, record_content(tag(9)))
    assert walk(lookup, key(1), CAP).tags == (tag(9),)


def test_a_list_may_end_eight_slots_late_and_no_later() -> None:
    lookup = DictLookup()
    for i in range(CAP + 8):
        put(lookup, 1, i, record_content(tag(i)))
    put(lookup, 1, CAP + 8, COMMON)
    assert walk(lookup, key(1), CAP) == Walk((), True, CAP + 9)
    put(lookup, 1, CAP + 8, record_content(tag(CAP + 8)))
    with pytest.raises(LancangError) as refusal:
        walk_many(lookup, [key(2), key(1)], CAP)
    assert refusal.value.code is Code.INDEX_FAULT


def test_one_subject_costs_few_look_ups() -> None:
    class Counting(DictLookup):
        calls = 0

        def find_many(self, labels: Words) -> tuple[Found, Words]:
            self.calls += 1
            return super().find_many(np.asarray(labels))

    lookup = Counting()
    for token in range(20):
        for i in range(token * 12):
            put(lookup, token, i, record_content(tag(i)))
    walk_many(lookup, [key(token) for token in range(20)], CAP)
    assert lookup.calls <= 10
