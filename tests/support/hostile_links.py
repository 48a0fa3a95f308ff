"""Owners whose links break the rules of protocol.md 12: they hang in the chain like deltas, as little believed."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from typing import ClassVar

import tests.support.hostile_snapshots  # noqa: F401 - its owners are subclasses too
from node.errors import Code
from node.exchange.batch import links_hash
from node.exchange.links import LATER_MULTIPLE, MOST_LINKS, pad_links
from node.model.batch import REVOCATION_BYTES, ChainPosition, Links
from node.wire import matching as wire
from tests.support.hostile_owner import Said
from tests.support.hostile_streams import AlteringADelta, StreamingWrongly


class LinkingWrongly(StreamingWrongly):
    """Sends links after its snapshot, altered, with a true head over what it sends."""

    code: ClassVar[str] = Code.BATCH_MALFORMED

    def next(self, _seq: int) -> Iterator[Said]:
        links = self.links()
        yield wire.links_to_message(links)
        yield self.head(ChainPosition(links.seq, links_hash(links)))

    def links(self) -> Links:
        """What it sends."""
        padded = pad_links([], LATER_MULTIPLE, (), os.urandom)
        return Links(self.scope, 1, self.one.ms, self.snapshot_position.hash, padded)


class UnsortedLinks(LinkingWrongly):
    """Two links have changed places."""

    def links(self) -> Links:
        honest = super().links()
        first, second = honest.links[:REVOCATION_BYTES], honest.links[REVOCATION_BYTES : 2 * REVOCATION_BYTES]
        return dataclasses.replace(honest, links=second + first + honest.links[2 * REVOCATION_BYTES :])


class OneTagLinkedTwice(LinkingWrongly):
    """One old tag goes on as two."""

    def links(self) -> Links:
        honest = super().links()
        tag = honest.links[:7]
        twice = tag + honest.links[7:14] + tag + honest.links[21:28]
        return dataclasses.replace(honest, links=twice + honest.links[2 * REVOCATION_BYTES :])


class TooFewLinks(LinkingWrongly):
    """So few that their number tells something."""

    def links(self) -> Links:
        honest = super().links()
        return dataclasses.replace(honest, links=honest.links[:REVOCATION_BYTES])


class LinksOfAnotherPast(LinkingWrongly):
    """They follow a batch that never was."""

    code: ClassVar[str] = Code.BATCH_FORK

    def links(self) -> Links:
        return dataclasses.replace(super().links(), previous=bytes(32))


class LinksWithoutEnd(LinkingWrongly):
    """Sends as many links as a message holds, again and again, and never signs."""

    def next(self, _seq: int) -> Iterator[Said]:
        padded = pad_links([], MOST_LINKS, (), os.urandom)
        previous = self.snapshot_position.hash
        for seq in range(1, 100):
            links = Links(self.scope, seq, self.one.ms, previous, padded)
            yield wire.links_to_message(links)
            previous = links_hash(links)


def _deeds(kind: type[StreamingWrongly]) -> Iterator[type[StreamingWrongly]]:
    for below in kind.__subclasses__():
        if below not in (AlteringADelta, LinkingWrongly):
            yield below
        yield from _deeds(below)


STREAMING = (*_deeds(StreamingWrongly),)
"""Every owner whose stream is wrong, of this file and of the two beside it."""
