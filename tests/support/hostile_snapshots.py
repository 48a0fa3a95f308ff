"""Owners whose stream is wrong from its first message on: the opening, the snapshot, the way back into a stream."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from typing import ClassVar

from node.errors import Code
from node.model.batch import POSTING_BYTES, ChainPosition
from node.v1 import matching_pb2
from node.wire import matching as wire
from tests.support.hostile_owner import Said
from tests.support.hostile_streams import StreamingWrongly
from tests.unit.exchange.builders import REAL_TERMS


class OpeningOfAnotherScope(StreamingWrongly):
    """Opens the index of another audience."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def beginning(self, position: ChainPosition | None) -> Iterator[Said]:
        yield wire.opening_to_message(
            dataclasses.replace(self.scope, audience="la"), self.chain.snapshot.secret, self.chain.info
        )


class EndlessOpening(StreamingWrongly):
    """Opens, and opens, and opens."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def beginning(self, position: ChainPosition | None) -> Iterator[Said]:
        while not self.closed.is_set():
            yield wire.opening_to_message(self.scope, self.chain.snapshot.secret, self.chain.info)


class OpeningTooLarge(StreamingWrongly):
    """The first message passes the transport's limit."""

    code: ClassVar[str] = Code.INPUT_TOO_LARGE

    def beginning(self, position: ChainPosition | None) -> Iterator[Said]:
        yield bytes(5 * 1024 * 1024)


class ResumesWhatNeverWas(StreamingWrongly):
    """Says that a stream goes on for who has nothing."""

    code: ClassVar[str] = Code.BATCH_GAP

    def beginning(self, position: ChainPosition | None) -> Iterator[Said]:
        yield wire.opening_to_message(self.scope, self.chain.snapshot.secret, None)


class OtherSecretLater(StreamingWrongly):
    """Changes S when the stream is resumed."""

    code: ClassVar[str] = Code.BATCH_FORK

    def beginning(self, position: ChainPosition | None) -> Iterator[Said]:
        if position is None:
            yield from super().beginning(None)
        else:
            yield wire.opening_to_message(self.scope, os.urandom(32), None)

    def ending(self) -> Iterator[Said]:
        return iter(())


class SnapshotAgain(OtherSecretLater):
    """Sends the snapshot to who has it."""

    code: ClassVar[str] = Code.BATCH_REPLAYED

    def beginning(self, position: ChainPosition | None) -> Iterator[Said]:
        yield from StreamingWrongly.beginning(self, None)


class AnotherChunk(StreamingWrongly):
    """A chunk is not the one that the snapshot's hash names."""

    code: ClassVar[str] = Code.BATCH_MALFORMED

    def beginning(self, position: ChainPosition | None) -> Iterator[Said]:
        yield wire.opening_to_message(self.scope, self.chain.snapshot.secret, self.chain.info)
        for chunk in self.chain.snapshot.chunks():
            yield matching_pb2.SubscribeIndexResponse(snapshot_chunk=chunk[:-1] + bytes([chunk[-1] ^ 1]))
        yield self.head(self.snapshot_position)


class MissingChunk(StreamingWrongly):
    """The snapshot's head comes before its chunks."""

    code: ClassVar[str] = Code.BATCH_MALFORMED

    def beginning(self, position: ChainPosition | None) -> Iterator[Said]:
        yield wire.opening_to_message(self.scope, self.chain.snapshot.secret, self.chain.info)
        yield self.head(self.snapshot_position)


class ChunkBeforeTheOpening(StreamingWrongly):
    """Begins in the middle."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def beginning(self, position: ChainPosition | None) -> Iterator[Said]:
        yield matching_pb2.SubscribeIndexResponse(snapshot_chunk=next(self.chain.snapshot.chunks()))


class BoundlessSnapshot(StreamingWrongly):
    """Announces four billion postings: more than any disk is asked to hold, refused before a chunk is taken."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def beginning(self, position: ChainPosition | None) -> Iterator[Said]:
        chunks = 65_536 - 65_536 % (1024 * REAL_TERMS.postings_per_record)
        info = dataclasses.replace(self.chain.info, postings=chunks * 65_536, chunk_hashes=(bytes(32),) * chunks)
        yield wire.opening_to_message(self.scope, self.chain.snapshot.secret, info)
        yield matching_pb2.SubscribeIndexResponse(snapshot_chunk=bytes(65_536 * POSTING_BYTES))


class OddSnapshot(StreamingWrongly):
    """Announces a number of postings that tells how many records there are."""

    code: ClassVar[str] = Code.BATCH_MALFORMED

    def beginning(self, position: ChainPosition | None) -> Iterator[Said]:
        info = dataclasses.replace(self.chain.info, postings=self.chain.info.postings - 1)
        yield wire.opening_to_message(self.scope, self.chain.snapshot.secret, info)


class GarbageStream(StreamingWrongly):
    """Streams bytes that are no message."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def next(self, _seq: int) -> Iterator[Said]:
        yield b"\x0a\x7fgarbage"


class EmptyMessage(StreamingWrongly):
    """Streams a message of no kind that this contract knows."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def next(self, _seq: int) -> Iterator[Said]:
        yield matching_pb2.SubscribeIndexResponse()
