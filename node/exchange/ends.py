"""Where the lists of many tokens end in a chain, found by doubling and halving instead of walking every slot.

Slots of a token are used in their order, so "is slot i used" is true up to the end and false after it. The owner asks
this of its own chain for every posting; a list of 256 costs some seventeen look-ups.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from node.exchange.posting import COMMON, content_tag, slots
from node.exchange.terms import Lookup


@dataclass(frozen=True, slots=True)
class ListEnd:
    """The first unused slot of a token's list, and whether its last posting says COMMON."""

    next_index: int
    common: bool


class _Search:
    """One list: every slot below low is used, slot high is not (once known)."""

    __slots__ = ("common", "high", "key", "low")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.low = 0
        self.high: int | None = None
        self.common = False

    @property
    def done(self) -> bool:
        return self.high is not None and self.low >= self.high

    def probe(self) -> int:
        return 2 * self.low if self.high is None else (self.low + self.high) // 2

    def learn(self, at: int, used: bool, common: bool) -> None:
        if not used:
            self.high = at
            return
        self.low = at + 1
        self.common = common


def list_ends(lookup: Lookup, keys: Sequence[bytes], used_tags: Container[bytes]) -> list[ListEnd]:
    """The end of each token's list, by posting key. used_tags: every tag of the chain.

    A label that stands there by accident, as a dummy's or another token's, unmasks to no tag of the chain: it is not
    taken for a slot in use. Whoever posts next still finds that label taken.
    """
    searches = [_Search(key) for key in keys]
    open_ones = searches
    while open_ones:
        probes = [search.probe() for search in open_ones]
        labels, masks = slots(zip((search.key for search in open_ones), probes, strict=True))
        found, masked = lookup.find_many(labels)
        present, contents = found.tolist(), (masked ^ masks).tolist()
        for search, at, there, content in zip(open_ones, probes, present, contents, strict=True):
            common = there and content == COMMON
            tag = content_tag(content) if there else None
            search.learn(at, common or (tag is not None and tag in used_tags), common)
        open_ones = [search for search in open_ones if not search.done]
    return [ListEnd(search.low, search.common) for search in searches]
