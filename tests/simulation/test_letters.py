"""Letters in rough conditions: SIGKILL of either end, lines cut before and after handling. None is lost or doubled."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import disk
from tests.support.fault_proxy import Fault
from tests.support.federation import wait_for
from tests.support.letter_storm import NODES, Storm, letter_storm

FEW, MANY = 150, 5_000
"""Letters that each of the two writes: 300 acts, 10,000 acts."""


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storm]:
    """cn and th, each behind a line of its own."""
    with letter_storm(tmp_path_factory.mktemp("storm"), pause=0.02) as nodes:
        yield nodes


def _weather(storm: Storm, draw: random.Random, count: int, strikes: int, seconds: float) -> None:
    for node in NODES:
        storm.want(node, count)
    done = [storm.strike(draw) for _ in range(strikes)]
    print(*done, sep="\n")  # noqa: T201 - pytest shows it with a failure
    storm.wait_delivered(count, seconds)
    storm.check(count)


def test_no_letter_is_lost_or_doubled_under_kills_and_cuts(storm: Storm, draw: random.Random) -> None:
    _weather(storm, draw, FEW, 6, 90)


@pytest.mark.soak
def test_no_letter_of_ten_thousand_is_lost_or_doubled_under_kills_and_cuts(tmp_path: Path, draw: random.Random) -> None:
    with letter_storm(tmp_path, pause=0.05) as storm:
        _weather(storm, draw, MANY, 120, 1_200)


def test_a_letter_whose_answer_is_lost_is_handled_once(storm: Storm) -> None:
    before = storm.taken("th")
    storm.proxies["th"].inject(Fault.LOSE_ANSWERS)
    storm.want("cn", storm.delivered("cn") + 1)
    wait_for(lambda: storm.taken("th") == before + 1, "th has taken it")
    storm.proxies["th"].heal()
    wait_for(lambda: disk.number(storm.home("cn"), "SELECT count(*) FROM outbox WHERE owed = 1") == 0, "cn knows it")
    assert storm.taken("th") == before + 1


def test_what_waits_for_a_node_that_is_away_is_shown_and_goes_when_it_is_back(storm: Storm) -> None:
    delivered = storm.delivered("cn")
    storm.running.kill("th")
    storm.want("cn", delivered + 5)
    wait_for(lambda: _outbox(storm)["peers"] != [] and len(_outbox(storm)["letters"]) == 5, "five letters wait")
    wait_for(lambda: _outbox(storm)["peers"][0].get("code") == "LCG-601", "cn has tried")
    storm.start("th")
    wait_for(lambda: storm.delivered("cn") == delivered + 5, "they are delivered")
    assert _outbox(storm) == {"version": 1, "peers": [], "letters": []}
    newest = json.loads(storm.running.command("outbox", "list", "--all", "--json", home="cn").stdout)["letters"][0]
    shown = storm.running.command("outbox", "show", newest["message_id"][:10], home="cn").stdout
    assert "delivered" in shown
    assert newest["receipt"] in shown


def test_letters_to_a_suspended_member_wait_until_it_is_resumed(storm: Storm) -> None:
    delivered = storm.delivered("cn")
    suspended = storm.running.command("--as", "administrator", "peer", "suspend", "TH", "--reason", "a test", home="cn")
    assert suspended.returncode == 0, suspended.stderr
    storm.want("cn", delivered + 2)
    wait_for(lambda: len(_outbox(storm)["letters"]) == 2, "two letters wait")
    assert _outbox(storm)["peers"][0]["code"] == "LCG-205"
    refused = storm.running.command("outbox", "retry", "TH", home="cn")
    assert "LCG-205" in refused.stderr
    resumed = storm.running.command("--as", "administrator", "peer", "resume", "TH", "--reason", "a test", home="cn")
    assert resumed.returncode == 0, resumed.stderr
    wait_for(lambda: storm.delivered("cn") == delivered + 2, "they are delivered")


def _outbox(storm: Storm) -> dict[str, list[dict[str, str]]]:
    found = storm.running.command("outbox", "--json", home="cn")
    assert found.returncode == 0, found.stderr
    shown: dict[str, list[dict[str, str]]] = json.loads(found.stdout)
    return shown
