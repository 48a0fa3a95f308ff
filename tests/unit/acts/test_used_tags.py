"""The tags of a chain: every one that was ever added is known, whatever came together with it."""

from __future__ import annotations

import random

from node.acts.runtime.publications import UsedTags
from node.exchange.posting import tag_numbers


def test_every_tag_added_is_known_and_no_other(seed: int) -> None:
    draw = random.Random(seed)
    every = [draw.randbytes(7) for _ in range(2_000)]
    used = UsedTags(every[:100])
    at = 100
    while at < 1_500:
        size = draw.choice([0, 1, 8, 300])
        used.add_many(every[at : at + size])
        at += size
    found = used.contains_many(tag_numbers(b"".join(every))).tolist()
    assert found == [place < at for place in range(len(every))]
    assert every[0] in used
    assert every[-1] not in used
    assert "text" not in used


def test_a_chain_without_tags_knows_none() -> None:
    assert not UsedTags().contains_many(tag_numbers(bytes(7))).any()
