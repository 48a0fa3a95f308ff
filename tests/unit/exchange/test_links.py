"""Links: sorted, padded, in one row with the deltas, and refused where they are not."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import Code, LancangError
from node.exchange.batch import links_hash
from node.exchange.chain import ChainState
from node.exchange.links import (
    FIRST_MULTIPLE,
    LATER_MULTIPLE,
    apply_links,
    next_links,
    pad_links,
    successors,
)
from node.exchange.terms import Terms
from node.model.batch import ChainPosition, Links
from node.model.scope import Scope

STATE = ChainState(Scope("mekong", "th", "cn", 1), Terms(24, 8, 256, 64), ChainPosition(4, b"h" * 32), 4_800)
TAG = st.binary(min_size=7, max_size=7)


def made(pairs: int = 3) -> tuple[ChainState, Links]:
    links = pad_links([(bytes([i]) * 7, bytes([200 + i]) * 7) for i in range(pairs)], LATER_MULTIPLE, (), os.urandom)
    state, batch, digest = next_links(STATE, links, 17)
    assert digest == links_hash(batch)
    return state, batch


def refused(act: Callable[[], object]) -> Code:
    with pytest.raises(LancangError) as refusal:
        act()
    return refusal.value.code


@given(st.dictionaries(TAG, TAG, max_size=70), st.sampled_from([LATER_MULTIPLE, FIRST_MULTIPLE]))
def test_pairs_stand_among_dummies_and_their_number_shows_only_in_steps(pairs: dict[bytes, bytes], step: int) -> None:
    told = successors(pad_links(list(pairs.items()), step, set(pairs), os.urandom))
    assert len(told) % step == 0
    assert 0 <= len(told) - len(pairs) < step or len(told) == step
    assert {old: told[old] for old in pairs} == pairs


def test_no_dummy_bears_a_tag_that_was_used() -> None:
    used, drawn = b"u" * 7, [b"u" * 7, *(bytes([i]) * 7 for i in range(1, 150))]
    told = successors(pad_links([], LATER_MULTIPLE, {used}, lambda _: drawn.pop(0)))
    assert used not in told


def test_a_copy_takes_the_owners_links_and_stands_where_the_owner_does() -> None:
    state, batch = made()
    assert apply_links(STATE, batch) == state
    assert state.postings == STATE.postings


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"scope": Scope("mekong", "th", "la", 1)}, Code.BATCH_MALFORMED),
        ({"links": b""}, Code.BATCH_MALFORMED),
        ({"links": bytes(14)}, Code.BATCH_MALFORMED),
        ({"links": bytes(14 * LATER_MULTIPLE)}, Code.BATCH_MALFORMED),
        ({"previous": b"h"}, Code.BATCH_MALFORMED),
        ({"previous": b"x" * 32}, Code.BATCH_FORK),
        ({"seq": 6}, Code.BATCH_GAP),
        ({"seq": 3}, Code.BATCH_REPLAYED),
        ({"seq": 4}, Code.BATCH_FORK),
    ],
)
def test_links_out_of_place_or_out_of_shape_are_refused(change: dict[str, Any], code: Code) -> None:
    _, batch = made()
    assert refused(lambda: apply_links(STATE, dataclasses.replace(batch, **change))) is code


def test_links_out_of_order_or_of_one_tag_to_two_are_refused() -> None:
    _, batch = made()
    swapped = batch.links[14:28] + batch.links[:14] + batch.links[28:]
    assert refused(lambda: successors(swapped)) is Code.BATCH_MALFORMED
    assert refused(lambda: successors(batch.links[:14] * 2)) is Code.BATCH_MALFORMED
