"""Owners with many epochs: one that opens them without end, and an honest one with a long past."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

from node.clock import SystemClock
from node.crypto.voprf import KeyPair, random_key_pair
from node.errors import Code
from node.exchange.epoch import NO_STATEMENT, statement_hash
from node.model.epoch import SignedEpoch
from node.model.scope import Scope
from tests.support.hostile_owner import DAY_MS, FakeOwner


def chain_of(owner: FakeOwner, times: Sequence[int], length_ms: int, last: KeyPair) -> list[SignedEpoch]:
    """Statements that began at these times, each of that length; the last of them under the key last."""
    made: list[SignedEpoch] = []
    for number, from_ms in enumerate(times, 1):
        key = last if number == len(times) else random_key_pair()
        previous = statement_hash(made[-1].statement) if made else NO_STATEMENT
        end = from_ms + length_ms
        made.append(owner.statement(number, public_key=key.public, previous=previous, from_ms=from_ms,
                                    ask_until_ms=end, grace_until_ms=end + 1))  # fmt: skip
    return made


class EpochsWithoutEnd(FakeOwner):
    """Has opened 400 epochs in one day, in a chain without a fault."""

    code: ClassVar[str] = Code.EPOCH_PACE

    def __post_init__(self) -> None:
        FakeOwner.__post_init__(self)
        now = SystemClock().now_ms()
        self.made = chain_of(self, [now - DAY_MS // 2 + number for number in range(400)], 30 * DAY_MS, self.key)

    def statements(self) -> Sequence[SignedEpoch]:
        return self.made[self.epochs_from - 1 :]


class LongPast(FakeOwner):
    """Has opened an epoch each day for 300 days: who meets it now follows the last."""

    def __post_init__(self) -> None:
        FakeOwner.__post_init__(self)
        now = SystemClock().now_ms() - 60_000
        self.made = chain_of(self, [now - (299 - number) * DAY_MS for number in range(300)], DAY_MS, self.key)

    @property
    def scope(self) -> Scope:
        return dataclasses.replace(super().scope, epoch=300)

    def statements(self) -> Sequence[SignedEpoch]:
        return self.made[self.epochs_from - 1 :]
