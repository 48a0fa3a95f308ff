"""Owners who misbehave in what they present, say of themselves or of their epochs; one misdeed a class."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import ClassVar

from certs.authority import create_authority
from certs.profiles import Holder
from node.crypto.voprf import random_key_pair
from node.errors import Code
from node.exchange.epoch import statement_hash
from node.model.epoch import SignedEpoch
from node.peers.channel import Identity
from tests.support.hostile_members import ALLIANCE, issued, now
from tests.support.hostile_owner import DAY_MS, FakeOwner, Said

GARBAGE = b"\x0a\x7fgarbage"


class SpeakingWrongly(FakeOwner):
    """Answers and streams honestly, if it came to that."""


class AnotherRosterBefore(SpeakingWrongly):
    """Greets under the version before, but another one than the roster in force follows."""

    code: ClassVar[str] = Code.ROSTER_FORK

    def greeting(self, **changed: object) -> Said:
        return FakeOwner.greeting(self, roster_version=self.roster.roster.version - 1, roster_hash=bytes(32))


class OtherRosterOfTheSameVersion(SpeakingWrongly):
    """Greets under another roster of the same version."""

    code: ClassVar[str] = Code.ROSTER_FORK

    def greeting(self, **changed: object) -> Said:
        return FakeOwner.greeting(self, roster_hash=os.urandom(32))


class OtherTables(SpeakingWrongly):
    """Encodes with other tables, and says so."""

    code: ClassVar[str] = Code.TABLES_DIFFER

    def greeting(self, **changed: object) -> Said:
        return FakeOwner.greeting(self, tables=os.urandom(32))


class NamesAnotherNode(SpeakingWrongly):
    """Calls itself by another member's name."""

    code: ClassVar[str] = Code.PEER_CERTIFICATE

    def greeting(self, **changed: object) -> Said:
        return FakeOwner.greeting(self, node_id="cn")


class GarbageGreeting(SpeakingWrongly):
    """Greets with bytes that are no message."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def greeting(self, **changed: object) -> Said:
        return GARBAGE


class AnotherCasCertificate(SpeakingWrongly):
    """Presents its own name, issued by another CA than its own."""

    code: ClassVar[str] = Code.PEER_CERTIFICATE

    def identity(self) -> Identity:
        other = create_authority(ALLIANCE, self.paper.node_id, now(), constrained=False)
        return issued(other, Holder(ALLIANCE, self.paper.node_id))


class AnotherNodesCertificate(SpeakingWrongly):
    """Presents another member's name, issued by its own CA, which may name anybody."""

    code: ClassVar[str] = Code.PEER_CERTIFICATE

    def identity(self) -> Identity:
        return issued(self.paper.authority, Holder(ALLIANCE, "th"))


class ExpiredCertificate(SpeakingWrongly):
    """Presents a certificate that ended a month ago."""

    code: ClassVar[str] = Code.PEER_CERTIFICATE

    def identity(self) -> Identity:
        return issued(self.paper.authority, Holder(ALLIANCE, self.paper.node_id), begins=timedelta(days=-60))


class OfficersCertificate(SpeakingWrongly):
    """Presents a certificate of one of its officers."""

    code: ClassVar[str] = Code.PEER_CERTIFICATE

    def identity(self) -> Identity:
        return issued(self.paper.authority, Holder(ALLIANCE, self.paper.node_id, "analyst", "analyst"))


# What it says of its epochs.


class SecondStatementLater(SpeakingWrongly):
    """Tells one key, lets the index be copied, then tells another key for the same epoch."""

    code: ClassVar[str] = Code.EPOCH_CHAIN

    def statements(self) -> Sequence[SignedEpoch]:
        return (self.statement(public_key=random_key_pair().public) if self.streams else self.statement(),)

    def ending(self) -> Iterator[Said]:
        # The stream ends, so that the requester comes back.
        return iter(())


class SecondStatementAtOnce(SpeakingWrongly):
    """Tells two keys for one epoch in one breath."""

    code: ClassVar[str] = Code.EPOCH_CHAIN

    def statements(self) -> Sequence[SignedEpoch]:
        return self.statement(), self.statement(public_key=random_key_pair().public)


class GapInEpochs(SpeakingWrongly):
    """Tells of epochs 1 and 3."""

    code: ClassVar[str] = Code.EPOCH_CHAIN

    def statements(self) -> Sequence[SignedEpoch]:
        first = self.statement()
        third = self.statement(3, public_key=random_key_pair().public, previous=statement_hash(first.statement))
        return first, third


class EpochOfAnotherChain(SpeakingWrongly):
    """Epoch 2 names another first epoch."""

    code: ClassVar[str] = Code.EPOCH_CHAIN

    def statements(self) -> Sequence[SignedEpoch]:
        return self.statement(), self.statement(2, public_key=random_key_pair().public, previous=os.urandom(32))


class SameKeyAgain(SpeakingWrongly):
    """Epoch 2 has the key of epoch 1."""

    code: ClassVar[str] = Code.EPOCH_CHAIN

    def statements(self) -> Sequence[SignedEpoch]:
        first = self.statement()
        return first, self.statement(2, previous=statement_hash(first.statement))


class UnsignedStatement(SpeakingWrongly):
    """The statement's signature is of nobody."""

    code: ClassVar[str] = Code.SIGNATURE_WRONG

    def statements(self) -> Sequence[SignedEpoch]:
        return (dataclasses.replace(self.statement(), signature=os.urandom(64)),)


class StatementOfAnotherOwner(SpeakingWrongly):
    """Tells, under its own signature, of another owner's epoch."""

    code: ClassVar[str] = Code.EPOCH_CHAIN

    def statements(self) -> Sequence[SignedEpoch]:
        return (self.statement(owner="th"),)


class StatementWithOtherTables(SpeakingWrongly):
    """Greets with the right tables, but its epoch was opened with others."""

    code: ClassVar[str] = Code.TABLES_DIFFER

    def statements(self) -> Sequence[SignedEpoch]:
        return (self.statement(tables=bytes(range(32))),)


class BoundlessAsk(SpeakingWrongly):
    """Its epoch asks for more elements than any ask has."""

    code: ClassVar[str] = Code.EPOCH_CHAIN

    def statements(self) -> Sequence[SignedEpoch]:
        return (self.statement(ask_size=65_535),)


class EndlessLists(SpeakingWrongly):
    """Opens an epoch whose lists may be longer than the roster's policy has them."""

    code: ClassVar[str] = Code.EPOCH_CHAIN

    def statements(self) -> Sequence[SignedEpoch]:
        return (self.statement(list_cap=65_535),)


class EndlessListsOfAnotherRoster(SpeakingWrongly):
    """Does so in the name of a roster that nobody here has seen."""

    code: ClassVar[str] = Code.EPOCH_CHAIN

    def statements(self) -> Sequence[SignedEpoch]:
        return (self.statement(list_cap=65_535, roster_hash=os.urandom(32)),)


class EpochOfAHundredYears(SpeakingWrongly):
    """Opens an epoch that outlives the roster's policy."""

    code: ClassVar[str] = Code.EPOCH_CHAIN

    def statements(self) -> Sequence[SignedEpoch]:
        late = self.statement().statement.from_ms + 36_500 * DAY_MS
        return (self.statement(ask_until_ms=late, grace_until_ms=late),)


class GarbageStatements(SpeakingWrongly):
    """Answers with bytes that are no message."""

    code: ClassVar[str] = Code.MESSAGE_MALFORMED

    def epochs(self) -> Said:
        return GARBAGE


class NoStatement(SpeakingWrongly):
    """Has no epoch at all."""

    code: ClassVar[str] = Code.EPOCH_CLOSED

    def statements(self) -> Sequence[SignedEpoch]:
        return ()


SPEAKING = tuple(SpeakingWrongly.__subclasses__())
