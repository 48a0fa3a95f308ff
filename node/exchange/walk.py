"""Walking a token's list in a copy of an index: i = 0, 1, ... until a label is absent (protocol.md 3).

Many tokens walk together, each looking further ahead as its list goes on, so that one subject costs a few batched
look-ups whatever its tokens hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from node.errors import Code, LancangError
from node.exchange.posting import COMMON, begun_slots, spans
from node.exchange.terms import Lookup
from node.model.batch import TAG_BYTES

ACCIDENT_MARGIN: Final = 8
"""How many slots beyond C a list may reach because labels were taken by accident."""

_WIDEST: Final = 64
_COMMON: Final = COMMON.to_bytes(8, "big")


@dataclass(frozen=True, slots=True)
class Walk:
    """A token's list: its distinct tags in the order posted, none if COMMON; next_index: the first slot not passed."""

    tags: tuple[bytes, ...]
    common: bool
    next_index: int


class _Walker:
    """One token on its way through its list."""

    __slots__ = ("common", "done", "next_index", "slots", "tags")

    def __init__(self, key: bytes) -> None:
        self.slots = begun_slots(key)
        self.tags: dict[bytes, None] = {}
        self.common = False
        self.next_index = 0
        self.done = False

    def step(self, present: Sequence[bool], contents: bytes) -> None:
        """Pass the slots that were looked up, from next_index on; their contents are 8 bytes each."""
        for place, there in enumerate(present):
            if not there:
                self.done = True
                return
            self.next_index += 1
            content = contents[place * 8 : place * 8 + 8]
            if content[TAG_BYTES] == 0:
                self.tags[content[:TAG_BYTES]] = None
            elif content == _COMMON:
                self.common = self.done = True
                self.tags.clear()
                return

    def result(self) -> Walk:
        return Walk(tuple(self.tags), self.common, self.next_index)


def walk_many(lookup: Lookup, keys: Sequence[bytes], list_cap: int) -> list[Walk]:
    """Walk the lists of many tokens, by their posting keys.

    Raises LancangError(INDEX_FAULT) if a list runs past C + 8 slots without an end.
    """
    last = list_cap + ACCIDENT_MARGIN
    walkers = [_Walker(key) for key in keys]
    walking = walkers
    width = 1
    while walking:
        stretches = [range(walker.next_index, min(walker.next_index + width, last + 1)) for walker in walking]
        if not all(stretches):
            raise LancangError(Code.INDEX_FAULT, f"a token's list runs past {last} slots")
        labels, masks = spans((walker.slots, stretch) for walker, stretch in zip(walking, stretches, strict=True))
        found, masked = lookup.find_many(labels)
        present, contents = found.tolist(), (masked ^ masks).astype(">u8").tobytes()
        start = 0
        for walker, stretch in zip(walking, stretches, strict=True):
            end = start + len(stretch)
            walker.step(present[start:end], contents[start * 8 : end * 8])
            start = end
        walking = [walker for walker in walking if not walker.done]
        width = min(width * 2, _WIDEST)
    return [walker.result() for walker in walkers]


def walk(lookup: Lookup, key: bytes, list_cap: int) -> Walk:
    """Walk one token's list. Raises LancangError(INDEX_FAULT) as walk_many does."""
    return walk_many(lookup, (key,), list_cap)[0]
