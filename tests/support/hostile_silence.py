"""Owners who can be followed and yet not be relied on: silent ones, and those whose lists or dates have no end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from node.clock import SystemClock
from node.errors import Code
from node.exchange.snapshot import EncodedRecord
from node.exchange.terms import Terms
from node.model.ask import Ask
from node.model.batch import ChainPosition
from tests.support.hostile_owner import DAY_MS, FakeOwner, Said
from tests.unit.exchange.builders import REAL_TERMS, tag


class FallsSilent(FakeOwner):
    """Publishes, and then says nothing more."""

    code: ClassVar[str] = Code.NODE_TIMEOUT

    def ending(self) -> Iterator[Said]:
        self.closed.wait()
        return iter(())


class SilentFromTheStart(FakeOwner):
    """Takes the subscription and says nothing."""

    code: ClassVar[str] = Code.NODE_TIMEOUT

    def stream(self, position: ChainPosition | None) -> Iterator[Said]:
        self.closed.wait()
        return iter(())


class DatesItsHeadsAhead(FakeOwner):
    """Signs tomorrow's heads, so that its index would look fresh for a day."""

    code: ClassVar[str] = Code.INDEX_STALE

    def ending(self) -> Iterator[Said]:
        ahead = SystemClock().now_ms() + DAY_MS
        while not self.closed.wait(1.0):
            ahead += 1_000
            yield self.head(self.snapshot_position, ms=ahead)


class EndlessList(FakeOwner):
    """Posts a list that is longer than C + 8 and does not say COMMON."""

    code: ClassVar[str] = Code.INDEX_FAULT
    shows_in_answers: ClassVar[bool] = True

    @property
    def index_terms(self) -> Terms:
        return Terms(REAL_TERMS.postings_per_record, REAL_TERMS.records_per_delta, 1_000, REAL_TERMS.ask_size)

    def records(self) -> Sequence[EncodedRecord]:
        one = self.record()
        return [EncodedRecord(tag(number), one.evaluations) for number in range(REAL_TERMS.list_cap + 9)]


class NeverAnswers(FakeOwner):
    """Takes an ask and says nothing."""

    code: ClassVar[str] = Code.NODE_TIMEOUT
    shows_in_answers: ClassVar[bool] = True

    def answer(self, ask: Ask) -> Said:
        self.closed.wait()
        return b""
