"""Peers who claim a newer roster and take their time to hand it over hold up nobody else's news."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from node.acts.founding.found_federation import Federation
from node.roster.documents import encode_signed
from tests.support.ceremony import Ceremony
from tests.support.federation import wait_for
from tests.support.hostile_members import roster_of
from tests.support.hostile_owner import FakeOwner, Said
from tests.support.hostile_rosters import BringsRoster, next_version, signed_by_all
from tests.support.hostile_scene import REQUESTER, playing

WITHIN_SECONDS = 8.0
"""Less than one call to a peer may take."""


class TakesItsTime(BringsRoster):
    """Claims the next version, and never hands it over."""

    def roster_file(self, version: int) -> Said:
        self.asked.append(version)
        self.closed.wait(60)
        return b""


class TakesItsTimeToo(TakesItsTime):
    """Another one."""


class TakesItsTimeAsWell(TakesItsTime):
    """A third."""


class ZealousBringer(BringsRoster):
    """Brings the next version at once; the last of them by its name."""


SLOW: tuple[type[BringsRoster], ...] = (TakesItsTime, TakesItsTimeToo, TakesItsTimeAsWell)


def equip(fakes: Mapping[str, FakeOwner], federation: Federation) -> None:
    """All of them claim the same version."""
    signed = signed_by_all(next_version(roster_of(federation, REQUESTER), 777_001), fakes, federation)
    for fake in fakes.values():
        assert isinstance(fake, BringsRoster)
        fake.claimed = (signed.roster.version, signed.hash)
        fake.files = {signed.roster.version: encode_signed(signed)}


def test_a_slow_peer_holds_up_no_other_peers_news(tmp_path: Path) -> None:
    with playing(tmp_path / "f", (*SLOW, ZealousBringer), equip) as scene:
        ceremony = Ceremony(scene.running, tmp_path)
        wait_for(lambda: all(fake.asked for fake in scene.fakes.values()), "all are asked", WITHIN_SECONDS)  # type: ignore[attr-defined]  # they bring rosters
        wait_for(lambda: ceremony.waits(REQUESTER), "it waits", 5)
