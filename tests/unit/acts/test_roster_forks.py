"""Two rosters of one version are a fork only if those who could sign the one have signed the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from node.acts.founding.found_federation import Federation, found_federation
from node.acts.membership.learn_roster import learn
from node.acts.runtime.peer import Peer
from node.app.run import _opened
from node.clock import SystemClock
from node.config import Home, load_settings
from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.model.roster import SignedRoster
from node.roster.documents import encode_signed, parse_signed, unsigned
from node.roster.signing import sign_roster
from node.storage import rosters
from tests.support import disk
from tests.support.federation import roomy_policy
from tests.support.hostile_members import keys_of

NAMES = ("cn", "la", "th")


@dataclass(frozen=True, slots=True)
class Bringer:
    """A peer that hands over a roster."""

    file: bytes

    async def roster(self, version: int) -> bytes:
        assert version == 1
        return self.file


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    return found_federation(tmp_path / "f", NAMES, roomy_policy(), SystemClock().now_ms())


async def bring(federation: Federation, signed: SignedRoster) -> None:
    """Let cn bring th a roster of the version in force."""
    home = home_of_th(federation)
    with _opened(home, load_settings(home)) as node:
        now = node.clock.now_ms()
        await node.write(rosters.accept, 1, node.roster_file, node.roster.hash, ms=now)
        node.peers = {"cn": cast("Peer", Bringer(encode_signed(signed)))}
        await learn(node, "cn", 1, signed.hash)


def home_of_th(federation: Federation) -> Home:
    return next(each.home for each in federation.nodes if each.node_id == "th")


def forks_told_by(federation: Federation) -> list[str]:
    rows = disk.rows(home_of_th(federation), "SELECT peer FROM act WHERE kind = 'roster-refused'")
    return [str(peer) for (peer,) in rows]


def another_first_version(federation: Federation) -> SignedRoster:
    home = federation.nodes[0].home
    roster = parse_signed(home.roster.read_bytes()).roster
    return unsigned(replace(roster, issued_ms=roster.issued_ms + 1))


async def test_a_first_version_that_its_bringer_made_up_is_refused_and_no_evidence(federation: Federation) -> None:
    key = SigningKey(bytes(32))
    honest = another_first_version(federation).roster
    alone = replace(next(each for each in honest.members if each.node_id == "cn"), signing_key=key.public)
    forged = sign_roster(unsigned(replace(honest, members=(alone,), quorum=1)), "cn", key)
    with pytest.raises(LancangError) as refused:
        await bring(federation, forged)
    assert refused.value.code is Code.ROSTER_QUORUM
    assert forks_told_by(federation) == []


async def test_a_second_first_version_that_a_quorum_of_the_known_one_signed_is_kept(federation: Federation) -> None:
    signed = another_first_version(federation)
    for name in NAMES[:2]:
        signed = sign_roster(signed, name, keys_of(federation, name).signing)
    await bring(federation, signed)
    assert forks_told_by(federation) == ["cn"]
