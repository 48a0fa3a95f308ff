"""Owners with an honest index who are asked of several subjects in one call; one misdeed, or one habit, a class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from node.clock import SystemClock
from node.crypto.voprf import KeyPair, random_key_pair
from node.errors import Code, LancangError
from node.exchange import ask as rules
from node.model.ask import Ask, AskOutcome
from node.model.session import REQUIRED
from node.v1 import matching_pb2
from node.wire import matching as wire
from tests.support.hostile_owner import FakeOwner, Said

TERMINAL = "\x1b[2J\x1b]0;owned\x07later"


class AnsweringMany(FakeOwner):
    """Answers calls of two asks and more. misdeed: what the requester must call what it does."""

    shows_in_answers: ClassVar[bool] = True
    misdeed: ClassVar[str] = ""

    def spoiled(self, _asked: int) -> int:
        """How many answers of a call of so many it spoils."""
        return 0

    def answers(self, asks: Sequence[Ask]) -> Said:
        return wire.outcomes_to_message(self.outcomes(asks))

    def outcomes(self, asks: Sequence[Ask]) -> list[AskOutcome]:
        """What becomes of each ask of a call."""
        return [self.evaluated(ask) for ask in asks]


class HonestToMany(AnsweringMany):
    """Does nothing wrong."""


class OfTheVersionBefore(AnsweringMany):
    """Neither announces the method nor has it: it is asked one by one."""

    has_ask_many: ClassVar[bool] = False

    def greeting(self, **changed: object) -> Said:
        return FakeOwner.greeting(self, capabilities=REQUIRED)


class AnnouncesInVain(AnsweringMany):
    """Announces the method and does not have it, as one that went back to an earlier version."""

    has_ask_many: ClassVar[bool] = False


class OneWrongProof(AnsweringMany):
    """One answer of a call is evaluated under another key than it names."""

    misdeed: ClassVar[str] = Code.PROOF_WRONG

    def spoiled(self, _asked: int) -> int:
        return 1

    def outcomes(self, asks: Sequence[Ask]) -> list[AskOutcome]:
        other = KeyPair(random_key_pair().secret, self.key.public)
        wrong = rules.answer_ask(asks[0], other, self.paper.signing, SystemClock().now_ms())
        return [wrong, *super().outcomes(asks[1:])]


class ExchangesTwoAnswers(AnsweringMany):
    """Gives the answer to the first ask to the second, and the other way round."""

    misdeed: ClassVar[str] = Code.PROOF_WRONG

    def spoiled(self, _asked: int) -> int:
        return 2

    def outcomes(self, asks: Sequence[Ask]) -> list[AskOutcome]:
        first, second, *rest = super().outcomes(asks)
        return [second, first, *rest]


class LeavesOneOut(AnsweringMany):
    """Gives one outcome less than there were asks: none of them can be taken for an ask's."""

    misdeed: ClassVar[str] = Code.MESSAGE_MALFORMED

    def spoiled(self, asked: int) -> int:
        return asked

    def outcomes(self, asks: Sequence[Ask]) -> list[AskOutcome]:
        return super().outcomes(asks)[:-1]


class GarbageForAll(AnsweringMany):
    """Answers with bytes that are no message."""

    misdeed: ClassVar[str] = Code.MESSAGE_MALFORMED

    def spoiled(self, asked: int) -> int:
        return asked

    def answers(self, asks: Sequence[Ask]) -> Said:
        return b"\x0a\x7fgarbage"


class TwoMalformed(AnsweringMany):
    """One of its answers is cut off, one outcome says nothing."""

    misdeed: ClassVar[str] = Code.MESSAGE_MALFORMED

    def spoiled(self, _asked: int) -> int:
        return 2

    def answers(self, asks: Sequence[Ask]) -> Said:
        message = wire.outcomes_to_message(self.outcomes(asks))
        message.outcomes[0].answer.evaluated = message.outcomes[0].answer.evaluated[:-1]
        message.outcomes[1].CopyFrom(matching_pb2.AskOutcome())
        return message


class RefusesOne(AnsweringMany):
    """Refuses the last for want of budget, in words that move a terminal."""

    misdeed: ClassVar[str] = Code.BUDGET_SPENT

    def spoiled(self, _asked: int) -> int:
        return 1

    def outcomes(self, asks: Sequence[Ask]) -> list[AskOutcome]:
        return [*super().outcomes(asks[:-1]), LancangError(Code.BUDGET_SPENT, TERMINAL, retry_after_ms=5_000)]


class RefusesByACodeToCome(AnsweringMany):
    """Refuses the first by a code that this version does not know."""

    misdeed: ClassVar[str] = Code.INTERNAL

    def spoiled(self, _asked: int) -> int:
        return 1

    def answers(self, asks: Sequence[Ask]) -> Said:
        message = wire.outcomes_to_message(self.outcomes(asks))
        message.outcomes[0].refusal.code = "LCG-998"
        return message


MANY = tuple(AnsweringMany.__subclasses__())
