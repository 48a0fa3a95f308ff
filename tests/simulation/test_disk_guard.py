"""What others publish does not fill this node's disk: it is refused by name, searched as it stands, and comes later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from node.errors import Code
from tests.support.ceremony import Ceremony, typed
from tests.support.federation import RunningFederation, roomy_policy, wait_for
from tests.support.people import numbered, phones_of
from tests.support.rough_line import answers_of, import_lines
from tests.support.small_disk import Ballast, on_a_small_disk


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[RunningFederation]:
    """cn and th, cn's data on a disk of 64 MB; heads come often."""
    policy = replace(roomy_policy(), head_seconds=1, stale_seconds=3)
    with on_a_small_disk(tmp_path, "cn", policy, 64) as running:
        yield running


def outcome(nodes: RunningFederation, phone: str) -> tuple[str, str, int]:
    """What cn finds at th, how fresh, and in which epoch."""
    answer = answers_of(nodes, "cn", "th", [phone])[phone]
    return answer.outcome, answer.code, answer.epoch


@pytest.mark.soak
def test_an_index_that_does_not_fit_is_refused_by_name_and_taken_up_when_there_is_room(
    nodes: RunningFederation, tmp_path: Path
) -> None:
    cn, ballast = nodes.node("cn").home, Ballast(nodes.node("cn").home.database.parent / "ballast")
    first, later = numbered("TH", 8, 1), numbered("TH", 200, 2, first=1_000)
    import_lines(nodes, "th", first)
    wait_for(lambda: outcome(nodes, phones_of(first)[0])[0] == "hit", "cn has the first records")

    # Deltas: those that fit no more are not taken, and what is there is found, and said to be old.
    ballast.leave(8_000)
    import_lines(nodes, "th", later)
    wait_for(lambda: nodes.published("th"), "th has published")
    nodes.wait_fault("cn", "th", "LCG-610")
    wait_for(lambda: outcome(nodes, phones_of(first)[0]) == ("hit", Code.INDEX_STALE, 1), "it is shown as old")
    assert outcome(nodes, phones_of(later)[0])[0] == "none"
    check = Ceremony(nodes, tmp_path).checks("cn")["index of th"]
    assert "LCG-610" in check
    assert "MiB" in check
    # Its own acts go on: the reserve is for them.
    import_lines(nodes, "cn", numbered("CN", 20, 3))
    ballast.throw_off()
    wait_for(lambda: outcome(nodes, phones_of(later)[0]) == ("hit", "", 1), "cn has the later records", 40)

    # A snapshot: refused before a byte of it is taken; the epoch before is followed and searched meanwhile.
    ballast.leave(200_000)
    typed("epoch", "rotate", "--yes", home=nodes.node("th").home.path)
    nodes.wait_fault("cn", "th", "LCG-610")
    assert list((cn.index / "copies" / "th-2").glob("*")) == []
    assert outcome(nodes, phones_of(later)[0])[::2] == ("hit", 1)
    ballast.throw_off()
    wait_for(lambda: outcome(nodes, phones_of(later)[0]) == ("hit", "", 2), "cn takes up epoch 2", 40)
