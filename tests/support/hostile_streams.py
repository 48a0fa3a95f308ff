"""Owners whose index stream breaks the rules of protocol.md 4; one misdeed a class.

Each begins honestly where that is possible, so that there is a copy to protect. Who comes back meets the misdeed at
once: no good head in between lets the requester believe that all is well again.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from typing import ClassVar

from google.protobuf.message import Message

from node.errors import Code
from node.exchange.batch import delta_hash
from node.exchange.delta import Revocation
from node.exchange.head import sign_head
from node.exchange.posting import encode_postings
from node.model.batch import POSTING_BYTES, REVOCATION_BYTES, ChainPosition, Delta
from node.v1 import matching_pb2
from node.wire import matching as wire
from tests.support.hostile_owner import HEAD_SECONDS, FakeOwner, Said
from tests.unit.exchange.builders import tag


class StreamingWrongly(FakeOwner):
    """Publishes two deltas after its snapshot, and would answer honestly."""

    one: Delta
    two: Delta

    def __post_init__(self) -> None:
        super().__post_init__()
        self.one, self.two = self.publish()

    def publish(self) -> tuple[Delta, Delta]:
        """The two deltas of its chain."""
        return self.chain.publish(), self.chain.publish()

    def at(self, delta: Delta) -> ChainPosition:
        """The place in the chain after a delta."""
        return ChainPosition(delta.seq, delta_hash(delta))

    def said(self, delta: Delta) -> Iterator[Message]:
        """A delta and the head that vouches for it."""
        yield wire.delta_to_message(delta)
        yield self.head(self.at(delta))

    def ending(self) -> Iterator[Said]:
        # Nothing more: the requester has turned away.
        self.closed.wait(20)
        return iter(())


class AlteringADelta(StreamingWrongly):
    """Sends its first delta altered, with a true head over what it sends."""

    code: ClassVar[str] = Code.BATCH_MALFORMED

    def next(self, _seq: int) -> Iterator[Said]:
        yield from self.said(self.altered())

    def altered(self) -> Delta:
        """What it sends for its first delta."""
        return self.one

    @property
    def postings(self) -> list[bytes]:
        """The honest postings, one by one."""
        data = self.one.postings
        return [data[at : at + POSTING_BYTES] for at in range(0, len(data), POSTING_BYTES)]


class UnsortedLabels(AlteringADelta):
    """Two postings have changed places."""

    def altered(self) -> Delta:
        first, second, *rest = self.postings
        return dataclasses.replace(self.one, postings=b"".join((second, first, *rest)))


class RepeatedLabel(AlteringADelta):
    """One label stands twice in a delta."""

    def altered(self) -> Delta:
        first, second, *rest = self.postings
        return dataclasses.replace(self.one, postings=b"".join((first, first[:8] + second[8:], *rest)))


class LabelOfTheSnapshot(AlteringADelta):
    """A label of the snapshot comes again in a delta."""

    def altered(self) -> Delta:
        taken = encode_postings(self.chain.snapshot.labels[:1], self.chain.snapshot.masked[:1])
        return dataclasses.replace(self.one, postings=b"".join(sorted((taken, *self.postings[1:]))))


class OnePostingTooMany(AlteringADelta):
    """A delta of another size."""

    def altered(self) -> Delta:
        return dataclasses.replace(self.one, postings=self.one.postings + b"\xff" * POSTING_BYTES)


class OnePostingTooFew(AlteringADelta):
    """A delta of another size."""

    def altered(self) -> Delta:
        return dataclasses.replace(self.one, postings=self.one.postings[:-POSTING_BYTES])


class OnePostingCutOff(AlteringADelta):
    """A delta that ends within a posting."""

    def altered(self) -> Delta:
        return dataclasses.replace(self.one, postings=self.one.postings[:-1])


class OneRevocationTooMany(AlteringADelta):
    """A delta that revokes more than there are places."""

    def altered(self) -> Delta:
        return dataclasses.replace(self.one, revocations=self.one.revocations + b"\xff" * REVOCATION_BYTES)


class UnsortedRevocations(AlteringADelta):
    """The revocations stand the other way round."""

    def altered(self) -> Delta:
        data = self.one.revocations
        parts = [data[at : at + REVOCATION_BYTES] for at in range(0, len(data), REVOCATION_BYTES)]
        return dataclasses.replace(self.one, revocations=b"".join(reversed(parts)))


class WrongPrevious(AlteringADelta):
    """The first delta follows another snapshot."""

    code: ClassVar[str] = Code.BATCH_FORK

    def altered(self) -> Delta:
        return dataclasses.replace(self.one, previous=os.urandom(32))


class ShortPrevious(AlteringADelta):
    """The previous hash is cut off."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def altered(self) -> Delta:
        return dataclasses.replace(self.one, previous=bytes(31))


class ReplayedDelta(StreamingWrongly):
    """The first delta comes twice."""

    code: ClassVar[str] = Code.BATCH_REPLAYED

    def next(self, seq: int) -> Iterator[Said]:
        if seq == 0:
            yield from self.said(self.one)
        yield from self.said(self.one)


class GappedDelta(StreamingWrongly):
    """The first delta is left out."""

    code: ClassVar[str] = Code.BATCH_GAP

    def next(self, _seq: int) -> Iterator[Said]:
        yield from self.said(self.two)


class ForkedDelta(StreamingWrongly):
    """Two deltas stand under one number."""

    code: ClassVar[str] = Code.BATCH_FORK

    def next(self, seq: int) -> Iterator[Said]:
        if seq == 0:
            yield from self.said(self.one)
        yield from self.said(dataclasses.replace(self.one, ms=self.one.ms + 1))


class TwoHeadsForOneNumber(StreamingWrongly):
    """Signs two hashes for one batch."""

    code: ClassVar[str] = Code.BATCH_FORK

    def next(self, seq: int) -> Iterator[Said]:
        if seq == 0:
            yield from self.said(self.one)
        yield self.head(ChainPosition(1, os.urandom(32)))


class ForksOnce(TwoHeadsForOneNumber):
    """Signs two hashes for one batch, and is as good as gold ever after. broken: whether its greeting fails."""

    broken = False
    greeted = 0

    def greeting(self, **changed: object) -> Said:
        self.greeted += 1
        if self.broken:
            raise ConnectionResetError
        return FakeOwner.greeting(self)

    def next(self, seq: int) -> Iterator[Said]:
        yield from super().next(seq) if seq == 0 else ()

    def ending(self) -> Iterator[Said]:
        while not self.closed.wait(HEAD_SECONDS):
            yield self.head(self.at(self.one))


class HeadOfOtherDelta(StreamingWrongly):
    """The head that comes with a delta names another one."""

    code: ClassVar[str] = Code.BATCH_FORK

    def next(self, _seq: int) -> Iterator[Said]:
        yield wire.delta_to_message(self.one)
        yield self.head(ChainPosition(1, os.urandom(32)))


class OlderHead(StreamingWrongly):
    """Goes back to the head of the snapshot."""

    code: ClassVar[str] = Code.BATCH_REPLAYED

    def next(self, seq: int) -> Iterator[Said]:
        if seq == 0:
            yield from self.said(self.one)
        yield self.head(self.snapshot_position)


class HeadBeyondItsBatches(StreamingWrongly):
    """Signs that its chain goes on, and does not send what it says there is."""

    code: ClassVar[str] = Code.BATCH_GAP

    def next(self, _seq: int) -> Iterator[Said]:
        yield self.head(self.at(self.two))


class SnapshotUnderLaterHead(StreamingWrongly):
    """Vouches for its snapshot with a head that names another batch, so that nothing signed names the snapshot."""

    code: ClassVar[str] = Code.BATCH_GAP

    def beginning(self, position: ChainPosition | None) -> Iterator[Said]:
        for item in super().beginning(position):
            is_head = isinstance(item, matching_pb2.SubscribeIndexResponse) and item.WhichOneof("message") == "head"
            yield self.head(self.at(self.two)) if is_head else item


class HeadSignedByNobody(StreamingWrongly):
    """The head's signature is of nobody."""

    code: ClassVar[str] = Code.SIGNATURE_WRONG

    def next(self, _seq: int) -> Iterator[Said]:
        yield wire.delta_to_message(self.one)
        head = sign_head(self.scope, self.at(self.one), self.one.ms, self.paper.signing)
        yield wire.head_to_message(dataclasses.replace(head, signature=os.urandom(64)))


class HeadBeyondTheCalendar(StreamingWrongly):
    """A head's time fits the message and neither a calendar nor a database."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def next(self, _seq: int) -> Iterator[Said]:
        yield self.head(self.snapshot_position, ms=2**63)


class DeltaBeyondTheCalendar(AlteringADelta):
    """A delta's time likewise."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def altered(self) -> Delta:
        return dataclasses.replace(self.one, ms=2**64 - 1)


class HeadOfAnotherScope(StreamingWrongly):
    """The head is signed for another audience."""

    code: ClassVar[str] = Code.SIGNATURE_WRONG

    def next(self, _seq: int) -> Iterator[Said]:
        yield wire.delta_to_message(self.one)
        yield self.head(self.at(self.one), scope=dataclasses.replace(self.scope, audience="la"))


class TagRevokedTwice(StreamingWrongly):
    """One tag is revoked in two deltas."""

    code: ClassVar[str] = Code.INDEX_FAULT

    def publish(self) -> tuple[Delta, Delta]:
        twice = [Revocation(tag(0), tag(1))], [Revocation(tag(0), tag(2))]
        return self.chain.publish(replaced=twice[0]), self.chain.publish(replaced=twice[1])

    def next(self, seq: int) -> Iterator[Said]:
        if seq == 0:
            yield from self.said(self.one)
        yield from self.said(self.two)


class TagRevokedTwiceAtOnce(StreamingWrongly):
    """One tag is revoked twice in one delta."""

    code: ClassVar[str] = Code.INDEX_FAULT

    def publish(self) -> tuple[Delta, Delta]:
        twice = [Revocation(tag(0), tag(1)), Revocation(tag(0), tag(2))]
        return self.chain.publish(replaced=twice), self.chain.publish()

    def next(self, _seq: int) -> Iterator[Said]:
        yield from self.said(self.one)


class DeltasWithoutHead(StreamingWrongly):
    """Sends delta after delta and never signs."""

    code: ClassVar[str] = Code.BATCH_MALFORMED

    def next(self, _seq: int) -> Iterator[Said]:
        yield from map(wire.delta_to_message, self.chain.deltas)
        for _ in range(300):
            yield wire.delta_to_message(self.chain.publish())
