"""Owners who bring a roster: an honest newer one, another one of the same version, and what no quorum signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from node.acts.founding.found_federation import Federation
from node.model.officer import Role
from node.model.roster import SignedRoster
from node.roster.documents import encode_signed, unsigned
from node.roster.signing import sign_roster
from node.v1 import session_pb2
from tests.support.hostile_members import keys_of, roster_of, successor
from tests.support.hostile_owner import FakeOwner, Said
from tests.support.hostile_scene import REQUESTER


@dataclass(slots=True)
class BringsRoster(FakeOwner):
    """Says that it holds `claimed`, and hands over files by version. asked: for which versions it was asked."""

    claimed: tuple[int, bytes] = (0, bytes(32))
    files: dict[int, bytes] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def greeting(self, **changed: object) -> Said:
        version, digest = self.claimed
        return FakeOwner.greeting(self, roster_version=version, roster_hash=digest)

    def roster_file(self, version: int) -> Said:
        self.asked.append(version)
        return session_pb2.FetchRosterResponse(signed_roster=self.files.get(version, b""))


class BringsTheNext(BringsRoster):
    """Brings the next version, as a quorum signed it."""


class BringsAnotherNext(BringsRoster):
    """Brings another next version, which a quorum signed, too."""


class BringsOneThatNobodySigned(BringsRoster):
    """Brings a version with its own signature alone."""


class BringsGarbage(BringsRoster):
    """Brings bytes that are no roster."""


class BringsWhatWasNotAsked(BringsRoster):
    """Brings the version in force when asked for the next."""


class ClaimsAFarFuture(BringsRoster):
    """Claims a version far ahead, and has nothing to show for it."""


KINDS: tuple[type[BringsRoster], ...] = (
    BringsTheNext,
    BringsAnotherNext,
    BringsOneThatNobodySigned,
    BringsGarbage,
    BringsWhatWasNotAsked,
    ClaimsAFarFuture,
)


def equip(fakes: Mapping[str, FakeOwner], federation: Federation) -> None:
    """Give each of these owners what it brings."""
    current = roster_of(federation, REQUESTER)
    mine = {name: fake for name, fake in fakes.items() if isinstance(fake, BringsRoster)}
    right = signed_by_all(next_version(current, 777_001), fakes, federation)
    other = signed_by_all(next_version(current, 777_002), fakes, federation)
    alone = mine[BringsOneThatNobodySigned.name()]
    unbacked = sign_roster(next_version(current, 777_003), alone.paper.node_id, alone.paper.signing)
    _bring(mine[BringsTheNext.name()], right)
    _bring(mine[BringsAnotherNext.name()], other)
    _bring(alone, unbacked)
    version = right.roster.version
    mine[BringsGarbage.name()].claimed = (version, bytes([7]) * 32)
    mine[BringsGarbage.name()].files = {version: b'{"roster": {}'}
    mine[BringsWhatWasNotAsked.name()].claimed = (version, bytes([8]) * 32)
    mine[BringsWhatWasNotAsked.name()].files = {version: encode_signed(current)}
    mine[ClaimsAFarFuture.name()].claimed = (2**32 - 1, bytes([9]) * 32)


def _bring(fake: BringsRoster, signed: SignedRoster) -> None:
    fake.claimed = (signed.roster.version, signed.hash)
    fake.files = {signed.roster.version: encode_signed(signed)}


def next_version(current: SignedRoster, asks_per_minute: int) -> SignedRoster:
    """A successor that changes a number."""
    policy = replace(current.roster.policy, asks_per_minute=asks_per_minute)
    return unsigned(replace(successor(current, members=current.roster.members), policy=policy))


def signed_by_all(signed: SignedRoster, fakes: Mapping[str, FakeOwner], federation: Federation) -> SignedRoster:
    """With the signatures of every record holder."""
    signed = sign_roster(signed, REQUESTER, keys_of(federation, REQUESTER).signing)
    for fake in fakes.values():
        if fake.paper.role is Role.MEMBER:
            signed = sign_roster(signed, fake.paper.node_id, fake.paper.signing)
    return signed
