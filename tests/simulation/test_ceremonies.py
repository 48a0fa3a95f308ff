"""The alliance changes while it runs: what docs/operations.md walks through by hand, over real nodes."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from node.cli.main import app
from node.roster.documents import parse_signed
from tests.support import disk
from tests.support.ceremony import CLEAN, Ceremony, joined_by_hand, searching, typed
from tests.support.federation import MEMBERS, wait_for
from tests.support.hostile_members import keys_of
from tests.support.people import Line, invented, phone_of
from tests.support.six_nodes import SixNodes

QUORUM = ("cn", "la", "th", "vn")
NEWCOMER: Line = {"record_id": "TH-9001", "names": [{"text": "ปกรณ์ ตั้งใจ"}], "phones": [phone_of("th", 7_654_321)]}
NEWCOMER_QUERY = {"phones": NEWCOMER["phones"]}
SOMEONE = {"phones": [invented("th")[0].phone]}


def test_a_policy_changes_at_one_node_after_the_other_and_no_search_fails(six: SixNodes, tmp_path: Path) -> None:
    ceremony = Ceremony(six.running, tmp_path)
    before = ceremony.in_force("cn").roster
    # The size of an ask binds each owner from its next epoch on: until then all go on with the one before.
    draft = ceremony.draft("cn", "--set", "asks_per_minute=777777", "--set", "ask_size=48")
    ceremony.sign(draft, QUORUM)
    with searching(six.running, "cn", SOMEONE) as searches:
        for node_id in MEMBERS:
            ceremony.accept(draft, [node_id])
            assert ceremony.in_force(node_id).roster.policy.asks_per_minute == 777_777
    assert searches.failures == []
    assert searches.outcomes == {(node, "hit" if node == "th" else "none", "") for node in MEMBERS if node != "cn"}
    assert {ceremony.in_force(node_id).roster.version for node_id in MEMBERS} == {before.version + 1}
    assert [act.actor for act in six.running.acts("th") if act.kind == "roster-accepted"][-1] == "administrator"
    restored = ceremony.draft("cn", "--set", f"ask_size={before.policy.ask_size}")
    ceremony.sign(restored, QUORUM)
    ceremony.accept(restored, MEMBERS)


def state_of(six: SixNodes, node_id: str, peer: str) -> tuple[str, str]:
    """How a node sees a peer: state and code."""
    found = next(one for one in six.running.peers(node_id) if one.node_id == peer)
    return found.state, found.code


def acts_with(six: SixNodes, node_id: str, kind: str, peer: str) -> int:
    """How many acts of a kind a node has with a peer."""
    return len([act for act in six.running.acts(node_id) if (act.kind, act.peer) == (kind, peer)])


def test_a_suspended_peer_is_cut_off_at_once_told_so_and_taken_back_where_it_was(six: SixNodes) -> None:
    th, received = six.running.node("th").home.path, acts_with(six, "cn", "index-received", "th")
    assert "suspended here" in typed("peer", "suspend", "CN", "--reason", "its key was stolen", home=th)
    assert "already" in typed("peer", "suspend", "CN", "--reason", "again", home=th)
    # The other side learns it from its own stream, which ends now and not at its next head.
    wait_for(lambda: state_of(six, "cn", "th") == ("suspended-there", "LCG-205"), "cn is told", 5)
    assert state_of(six, "th", "cn") == ("suspended", "LCG-205")
    for requester, owner in (("cn", "th"), ("th", "cn")):
        answer = six.answer(requester, owner, SOMEONE)
        assert (answer.outcome, answer.code) == ("refused", "LCG-205")
    assert six.answer("la", "th", SOMEONE).outcome == "hit"
    assert "its key was stolen" in typed("peers", home=th)
    assert "peer resume CN" in typed("doctor", "--json", home=th, code=20)
    # It outlives a restart, and what was published meanwhile is not lost.
    six.running.kill("th")
    six.running.start("th")
    six.running.wait_serving("th")
    six.running.load("th", [NEWCOMER])
    assert six.answer("th", "cn", SOMEONE).code == "LCG-205"
    typed("peer", "resume", "CN", "--reason", "it has a new key", home=th)
    wait_for(lambda: six.answer("cn", "th", NEWCOMER_QUERY).outcome == "hit", "cn has what came meanwhile")
    six.running.wait_in_sync("th", "cn")
    assert acts_with(six, "cn", "index-received", "th") == received
    assert [(act.kind, act.actor, act.peer) for act in six.running.acts("th") if act.kind.startswith("peer-")][-2:] == [
        ("peer-suspended", "administrator", "cn"),
        ("peer-resumed", "administrator", "cn"),
    ]
    typed("record", "withdraw", NEWCOMER["record_id"], "--yes", home=th)


def test_only_an_administrator_suspends_and_only_with_a_reason(six: SixNodes) -> None:
    home = six.running.node("th").home.path
    assert "LCG-203" in typed("peer", "suspend", "CN", "--reason", "x", "--as", "analyst", home=home, code=8)
    assert "LCG-101" in typed("peer", "suspend", "CN", "--reason", " ", home=home, code=2)
    assert "LCG-101" in typed("peer", "suspend", "TH", "--reason", "x", home=home, code=2)
    assert "LCG-201" in typed("peer", "suspend", "XX", "--reason", "x", home=home, code=7)
    assert "was not suspended" in typed("peer", "resume", "CN", "--reason", "x", home=home)


def kept_of(six: SixNodes, node_id: str, peer: str) -> list[str]:
    """What a node still keeps of a peer: rows and files."""
    home = six.running.node(node_id).home
    queries = {
        "copies": "SELECT count(*) FROM copy WHERE owner = ?",
        "statements": "SELECT count(*) FROM peer_epoch WHERE owner = ?",
        "chains": "SELECT count(*) FROM chain WHERE audience = ?",
    }
    found = [what for what, query in queries.items() if disk.number(home, query, peer)]
    return found + [path.name for path in (home.index / "copies").glob(f"{peer}-*")]


def finds(six: SixNodes, requester: str, owner: str, query: Line) -> Callable[[], bool]:
    """Whether a search at an owner hits."""
    return lambda: six.answer(requester, owner, query).outcome == "hit"


def test_a_seventh_member_joins_others_change_keys_and_it_is_dismissed_while_searches_go_on(
    six: SixNodes, tmp_path: Path
) -> None:
    ceremony, running = Ceremony(six.running, tmp_path), six.running
    with joined_by_hand(running, "bn") as bn, searching(running, "cn", SOMEONE, ["th", "vn"]) as searches:
        # It joins. One administrator has the file; the others learn of it from the first who took it up.
        draft = ceremony.draft("cn", "--member", bn.home.member)
        ceremony.sign(draft, (*QUORUM, "bn"))
        assert "BN (BN) joins as member" in typed("roster", "diff", draft, home=ceremony.home("th"))
        typed("roster", "install", draft, home=bn.home.path)
        running.start("bn")
        ceremony.accept(draft, ["cn"])
        for node_id in (each for each in MEMBERS if each != "cn"):
            wait_for(partial(ceremony.waits, node_id), f"{node_id} learns of the roster", 10)
            typed("roster", "accept", "--yes", home=ceremony.home(node_id))
        running.wait_serving("bn")
        running.wait_in_sync()
        running.load("bn", [{**NEWCOMER, "record_id": "BN-1"}])
        wait_for(finds(six, "cn", "bn", NEWCOMER_QUERY), "cn finds a person at bn")
        wait_for(finds(six, "bn", "th", SOMEONE), "bn finds a person at th")
        # la's key was stolen; kh's CA is replaced with everything it issued.
        stolen = running.node("la").home.node_certificate.read_bytes()
        received = {owner: acts_with(six, "cn", "index-received", owner) for owner in MEMBERS}
        la, kh = running.node("la").home, running.node("kh").home
        typed("node", "rekey", home=la.path)
        typed("node", "rekey", "--new-authority", home=kh.path)
        draft = ceremony.draft("cn", "--member", la.path / "next/member.json", "--member", kh.path / "next/member.json")
        ceremony.sign(draft, (*QUORUM, "kh"))
        ceremony.accept(draft, ("cn", "la", "th", "kh", "bn", "mm", "vn"))
        running.wait_in_sync()
        assert not (la.path / "next").exists()
        assert la.node_certificate.read_bytes() != stolen
        # Every stream resumed by its number: no snapshot came twice.
        assert {owner: acts_with(six, "cn", "index-received", owner) for owner in MEMBERS} == received
        for owner in ("la", "kh"):
            wait_for(finds(six, "cn", owner, {"phones": [invented(owner)[0].phone]}), f"cn finds a person at {owner}")
            wait_for(finds(six, owner, "th", SOMEONE), f"{owner} finds a person at th")
        # It is dismissed. The same version lets nodes take up the next one by themselves, and shortens the grace.
        draft = ceremony.draft("cn", "--remove", "bn", "--set", "automatic_rosters=true", "--set", "grace_seconds=1")
        ceremony.sign(draft, QUORUM)
        ceremony.accept(draft, MEMBERS)
        wait_for(lambda: {one.code for one in running.peers("bn")} == {"LCG-201"}, "bn is told by all", 15)
        assert {(answer.outcome, answer.code) for answer in six.search("bn", SOMEONE).answers} == {
            ("refused", "LCG-201")
        }
        assert "bn" not in {one.node_id for one in running.peers("cn")}
        running.wait_in_sync(*MEMBERS)
        # Nothing of it is left once its grace is over: a start looks at once, a running node each minute.
        assert kept_of(six, "mm", "bn")
        running.kill("mm")
        running.start("mm")
        running.wait_serving("mm")
        wait_for(lambda: not kept_of(six, "mm", "bn"), "mm forgets bn", 10)
        draft = ceremony.draft("cn", "--set", "automatic_rosters=false", "--set", f"grace_seconds={7 * 86_400}")
        ceremony.sign(draft, QUORUM)
        ceremony.accept(draft, ["cn"])
        version = ceremony.in_force("cn").roster.version
        for node_id in MEMBERS:
            wait_for(partial(ceremony.holds, node_id, version), f"{node_id} takes it up by itself", 15)
    assert searches.failures == []
    assert searches.outcomes == {("th", "hit", ""), ("vn", "none", "")}


def kill_while_it_changes_keys(six: SixNodes, tmp_path: Path, draw: random.Random, kills: int) -> None:
    """mm takes up a roster with new keys of its own, and is killed at a random moment of it; again and again."""
    ceremony, running, home = Ceremony(six.running, tmp_path), six.running, six.running.node("mm").home
    for _ in range(kills):
        version = ceremony.in_force("mm").roster.version
        typed("node", "rekey", home=home.path)
        draft = ceremony.draft("mm", "--member", home.path / "next/member.json")
        ceremony.sign(draft, ("cn", "la", "mm", "th"))
        accepting = threading.Thread(target=try_to_accept, args=(draft, home.path))
        accepting.start()
        time.sleep(draw.uniform(0, 0.3))  # the random moment itself
        running.kill("mm")
        accepting.join()
        running.start("mm")
        running.wait_serving("mm")
        # The old roster with the old keys or the new one with the new keys: file, database and keystore agree.
        held = ceremony.in_force("mm")
        assert held.roster.version in {version, version + 1}
        assert parse_signed(home.roster.read_bytes()).hash == held.hash
        assert disk.rows(home, "SELECT max(version) FROM roster") == [(held.roster.version,)]
        entry = held.roster.member("mm")
        assert entry is not None
        assert entry.signing_key == keys_of(running.federation, "mm").signing.public
        assert home.next.exists() == (held.roster.version == version)
        ceremony.accept(draft, MEMBERS)
        running.wait_in_sync(*MEMBERS)
        assert six.answer("cn", "mm", {"phones": [invented("mm")[0].phone]}).outcome == "hit"
        assert six.answer("mm", "th", SOMEONE).outcome == "hit"
        assert accepted_once(six, "mm")


def try_to_accept(draft: Path, home: Path) -> None:
    """Type the command; the node may be killed under it."""
    CliRunner(env=CLEAN).invoke(app, ["--home", str(home), "roster", "accept", str(draft), "--yes"])


def accepted_once(six: SixNodes, node_id: str) -> bool:
    """Whether each version in a node's database has exactly one act."""
    versions = [act.detail for act in six.running.acts(node_id) if act.kind == "roster-accepted"]
    return (
        len(versions)
        == len(set(versions))
        == disk.number(six.running.node(node_id).home, "SELECT count(*) FROM roster")
    )


def test_a_node_killed_in_a_ceremony_goes_on_with_the_old_or_the_new_roster(
    six: SixNodes, tmp_path: Path, draw: random.Random
) -> None:
    kill_while_it_changes_keys(six, tmp_path, draw, 2)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_many_kills_in_ceremonies(six: SixNodes, tmp_path: Path, draw: random.Random) -> None:
    kill_while_it_changes_keys(six, tmp_path, draw, 40)


def test_two_rosters_of_one_version_are_refused_by_name_and_both_are_kept(six: SixNodes, tmp_path: Path) -> None:
    ceremony = Ceremony(six.running, tmp_path)
    right = ceremony.draft("cn", "--set", "asks_per_minute=700001").rename(tmp_path / "right.json")
    other = ceremony.draft("cn", "--set", "asks_per_minute=700002").rename(tmp_path / "other.json")
    for draft in (right, other):
        ceremony.sign(draft, QUORUM)
    ceremony.accept(right, ["cn"])
    refused = typed("roster", "accept", other, "--yes", home=ceremony.home("cn"), code=9)
    assert "LCG-309" in refused
    evidence = "SELECT count(*) FROM evidence JOIN act USING (act_id) WHERE kind = 'roster-refused'"
    assert disk.number(six.running.node("cn").home, evidence) == 1
    typed("roster", "accept", other, "--yes", home=ceremony.home("cn"), code=9)
    assert disk.number(six.running.node("cn").home, evidence) == 1, "reported once"
    assert "two rosters of version" in ceremony.checks("cn")["roster fork"]
    assert ceremony.in_force("cn").roster.policy.asks_per_minute == 700_001
    # Elsewhere the right one has arrived from cn; the other one is chosen by nobody, and seen if somebody tries.
    ceremony.accept(right, (each for each in MEMBERS if each != "cn"))
    following = ceremony.draft("cn")
    ceremony.sign(following, QUORUM)
    ceremony.accept(following, MEMBERS)
    assert "roster fork" not in ceremony.checks("cn")
    # It raised an alarm, which somebody looks into.
    wait_for(lambda: open_alarms(ceremony) != [], "an alarm is raised", 30)
    for number in open_alarms(ceremony):
        typed("alarms", "ack", str(number), "--note", "a ceremony was tried twice", home=ceremony.home("cn"))


def open_alarms(ceremony: Ceremony) -> list[int]:
    """The alarms of two histories that are open at cn."""
    told = json.loads(typed("alarms", "list", "--json", home=ceremony.home("cn")))
    return [alarm["alarm"] for alarm in told["alarms"] if alarm["kind"] == "two-histories"]
