"""Owners whose index is honest and whose answers to asks are not; one misdeed a class."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import ClassVar

import grpc
from google.rpc import status_pb2
from grpc_status import rpc_status

from node.clock import SystemClock
from node.crypto.hashing import blake
from node.crypto.voprf import random_key_pair
from node.errors import Code, LancangError
from node.exchange import ask as rules
from node.model.ask import Ask, AskAnswer
from node.model.epoch import SignedEpoch
from node.wire import matching as wire
from node.wire.status import to_grpc_status, to_status
from tests.support.hostile_owner import FakeOwner, Said, ShamelessStatus

IDENTITY = bytes(32)
GARBAGE = b"\x0a\x7fgarbage"
SECRET_TEXT = "password hunter2 of Somchai"
TERMINAL = "\x1b[2J\x1b]0;owned\x07\u202enone"


class _Trailing(grpc.Status):
    """A status whose details are bytes of our choice."""

    def __init__(self, details: bytes) -> None:
        self.code = grpc.StatusCode.ABORTED
        self.details = ""
        self.trailing_metadata = (("grpc-status-details-bin", details),)


class AnsweringWrongly(FakeOwner):
    """Serves an honest index; its answers are signed as they should be."""

    shows_in_answers: ClassVar[bool] = True

    def signed(self, answer: AskAnswer, **changed: object) -> Said:
        """The answer with something changed, signed again by the owner's true key."""
        other = dataclasses.replace(answer, **changed)  # type: ignore[arg-type]  # by name
        hashed = blake("lancang1.eval", b"", b"".join(other.evaluated) + other.proof, 32)
        return wire.answer_to_message(
            dataclasses.replace(other, signature=self.paper.signing.sign(other.signed_bytes(hashed)))
        )


class WrongProof(AnsweringWrongly):
    """One bit of the proof is another."""

    code: ClassVar[str] = Code.PROOF_WRONG

    def answer(self, ask: Ask) -> Said:
        right = self.evaluated(ask)
        return self.signed(right, proof=bytes([right.proof[0] ^ 1]) + right.proof[1:])


class ProofOutOfRange(AnsweringWrongly):
    """The proof's scalars are not below the order."""

    code: ClassVar[str] = Code.PROOF_WRONG

    def answer(self, ask: Ask) -> Said:
        return self.signed(self.evaluated(ask), proof=b"\xff" * 64)


class OneElementWrong(AnsweringWrongly):
    """One element was evaluated under another key; the proof covers the honest ones."""

    code: ClassVar[str] = Code.PROOF_WRONG

    def answer(self, ask: Ask) -> Said:
        right = self.evaluated(ask)
        other = rules.answer_ask(ask, random_key_pair(), self.paper.signing, right.ms)
        return self.signed(right, evaluated=(other.evaluated[0], *right.evaluated[1:]))


class OtherKeyClaimingTheRightOne(AnsweringWrongly):
    """Evaluates under another key, with its proof, and names the statement's key."""

    code: ClassVar[str] = Code.PROOF_WRONG

    def answer(self, ask: Ask) -> Said:
        other = rules.answer_ask(ask, random_key_pair(), self.paper.signing, SystemClock().now_ms())
        return self.signed(other, public_key=self.key.public)


class OtherKeyClaimedOpenly(AnsweringWrongly):
    """Evaluates under another key and names it."""

    code: ClassVar[str] = Code.EPOCH_CHAIN

    def answer(self, ask: Ask) -> Said:
        return wire.answer_to_message(
            rules.answer_ask(ask, random_key_pair(), self.paper.signing, SystemClock().now_ms())
        )


class WrongSignature(AnsweringWrongly):
    """The signature is of nobody."""

    code: ClassVar[str] = Code.SIGNATURE_WRONG

    def answer(self, ask: Ask) -> Said:
        return wire.answer_to_message(dataclasses.replace(self.evaluated(ask), signature=os.urandom(64)))


class AnswerToAnotherAsk(AnsweringWrongly):
    """A true answer, but to an ask that somebody else sent."""

    code: ClassVar[str] = Code.PROOF_WRONG

    def answer(self, ask: Ask) -> Said:
        return self.signed(self.evaluated(ask), ask_id=os.urandom(32))


class ShortAnswer(AnsweringWrongly):
    """One element is missing."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def answer(self, ask: Ask) -> Said:
        right = self.evaluated(ask)
        return self.signed(right, evaluated=right.evaluated[:-1])


class LongAnswer(AnsweringWrongly):
    """One element too many."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def answer(self, ask: Ask) -> Said:
        right = self.evaluated(ask)
        return self.signed(right, evaluated=(*right.evaluated, right.evaluated[0]))


class IdentityInAnswer(AnsweringWrongly):
    """An evaluated element is the identity."""

    code: ClassVar[str] = Code.PROOF_WRONG

    def answer(self, ask: Ask) -> Said:
        right = self.evaluated(ask)
        return self.signed(right, evaluated=(IDENTITY, *right.evaluated[1:]))


class IdentityForKey(AnsweringWrongly):
    """Its epoch's key is the identity, under which every evaluation would be the same."""

    code: ClassVar[str] = Code.PROOF_WRONG

    def statements(self) -> Sequence[SignedEpoch]:
        return (self.statement(public_key=IDENTITY),)

    def answer(self, ask: Ask) -> Said:
        return self.signed(self.evaluated(ask), public_key=IDENTITY)


class EmptyAnswer(AnsweringWrongly):
    """An answer without any field."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def answer(self, ask: Ask) -> Said:
        return b""


class GarbageAnswer(AnsweringWrongly):
    """Bytes that are no message."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def answer(self, ask: Ask) -> Said:
        return GARBAGE


class HugeAnswer(AnsweringWrongly):
    """Five megabytes."""

    code: ClassVar[str] = Code.INPUT_TOO_LARGE

    def answer(self, ask: Ask) -> Said:
        return bytes(5 * 1024 * 1024)


class CrashingAnswer(AnsweringWrongly):
    """Fails, and lets gRPC tell its exception's text."""

    code: ClassVar[str] = Code.INTERNAL

    def answer(self, ask: Ask) -> Said:
        raise RuntimeError(SECRET_TEXT)


class TerminalTakingStatus(AnsweringWrongly):
    """A refusal whose words are meant for the officer's terminal."""

    code: ClassVar[str] = Code.ASK_ALTERED

    def answer(self, ask: Ask) -> Said:
        raise ShamelessStatus(to_grpc_status(LancangError(Code.ASK_ALTERED, TERMINAL, remedy=TERMINAL)))


class UnknownCodeStatus(AnsweringWrongly):
    """A refusal with a code that no catalogue holds."""

    code: ClassVar[str] = Code.INTERNAL

    def answer(self, ask: Ask) -> Said:
        status = to_status(LancangError(Code.ASK_ALTERED, "?"))
        packed = bytes(status.SerializeToString()).replace(Code.ASK_ALTERED.encode(), b"LCG-000")
        raise ShamelessStatus(rpc_status.to_status(status_pb2.Status.FromString(packed)))


class GarbageInTheTrailers(AnsweringWrongly):
    """Ends the call with details that are no message."""

    code: ClassVar[str] = Code.INTERNAL

    def answer(self, ask: Ask) -> Said:
        raise ShamelessStatus(_Trailing(b"\x0a\x7fgarbage"))


class GarbageInTheDetails(AnsweringWrongly):
    """Ends the call with a detail that calls itself an ErrorInfo and is none."""

    code: ClassVar[str] = Code.INTERNAL

    def answer(self, ask: Ask) -> Said:
        status = status_pb2.Status(code=grpc.StatusCode.ABORTED.value[0])
        status.details.add(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=b"\x0a\x7fgarbage")
        raise ShamelessStatus(_Trailing(status.SerializeToString()))


class NobodyHome(AnsweringWrongly):
    """Says UNAVAILABLE in words of its own, to pass for a node that is merely away."""

    code: ClassVar[str] = Code.NODE_UNREACHABLE

    def answer(self, ask: Ask) -> Said:
        raise ShamelessStatus(rpc_status.to_status(status_pb2.Status(code=grpc.StatusCode.UNAVAILABLE.value[0])))


ANSWERING = tuple(AnsweringWrongly.__subclasses__())
