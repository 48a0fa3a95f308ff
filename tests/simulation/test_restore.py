"""What the alliance and an administrator decided after a backup counts again after its restore, or the node is held."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support import disk
from tests.support.ceremony import Ceremony, typed
from tests.support.federation import RunningFederation, running_federation, wait_for

PERSON = {"names": [{"text": "Somchai Jaidee"}], "birth_date": "1980-05-17"}
RECORD = {"record_id": "TH-1", "names": [{"text": "สมชาย ใจดี", "script": "Thai"}], "birth_date": "1980-05-17"}
SOMEONE = json.dumps({"query_id": "q", **PERSON})


def backed_up(nodes: RunningFederation, to: Path) -> Path:
    """A backup of th; its key lies beside it."""
    typed("node", "backup-key", "--out", to / "key")
    typed("node", "backup", to / "th.backup", "--to", to / "key.pub", home=nodes.node("th").home.path)
    return to / "th.backup"


def lost_and_restored(nodes: RunningFederation, file: Path, *options: str) -> None:
    """The disk of th is lost, and its home restored from a file."""
    nodes.kill("th")
    home = nodes.node("th").home.path
    shutil.rmtree(home)
    typed("node", "restore", file, home, "--key", file.with_name("key"), *options)


def code_at(nodes: RunningFederation, requester: str) -> tuple[str, str]:
    """What th answers to a member's search."""
    answer = nodes.search(requester, PERSON, peers=["th"]).answers[0]
    return answer.outcome, answer.code


def test_a_restored_node_takes_up_the_newest_roster_and_is_held_until_its_administrator_has_looked(
    tmp_path: Path,
) -> None:
    with running_federation(tmp_path / "federation", ("cn", "la", "th")) as nodes:
        ceremony, home = Ceremony(nodes, tmp_path), nodes.node("th").home
        nodes.load("th", [RECORD])
        file = backed_up(nodes, tmp_path)
        # After the backup: a member is cut off here, and the alliance takes up two rosters.
        typed("peer", "suspend", "LA", "--reason", "its key was stolen", home=home.path)
        for change in ("asks_per_minute=777777", "asks_per_minute=666666"):
            draft = ceremony.draft("cn", "--set", change)
            ceremony.sign(draft, ("cn", "la"))
            ceremony.accept(draft, ("cn", "la", "th"))
        newest = ceremony.in_force("cn").hash
        lost_and_restored(nodes, file)
        assert "not let go" in typed("doctor", home=home.path, code=21)

        nodes.kill("cn")
        nodes.start("th")
        # It says whom it waits for, to whoever finds it silent.
        wait_for(home.waiting.exists, "th waits for cn")
        waiting = typed("node", "status", home=home.path, code=14)
        assert "LCG-614" in waiting
        assert "CN (LCG-601" in waiting
        nodes.start("cn")
        nodes.wait_serving("th", "cn")
        assert not home.waiting.exists()
        assert ceremony.in_force("th").hash == newest
        told = json.loads(disk.rows(home, "SELECT detail FROM act WHERE kind = 'node-restored'")[0][0])
        assert told["rosters_learned"] == 2

        # Whom it had suspended nobody knows: so it serves nobody, and says so everywhere.
        nodes.wait_fault("la", "th", "LCG-614")
        assert code_at(nodes, "la") == ("unreachable", "LCG-614")
        terms = ("--purpose", "telecom-fraud", "--case", "K-1")
        assert "LCG-614" in typed("search", "-", *terms, home=home.path, code=14, stdin=SOMEONE)
        assert "LCG-614" in typed("record", "show", "TH-1", home=home.path, code=14)
        assert "restored" in ceremony.checks("th")
        assert json.loads(typed("node", "status", "--json", home=home.path))["state"] == "held"
        assert "peer suspend" in typed("node", "restored", home=home.path)
        assert json.loads(typed("node", "restored", "--json", home=home.path))["suspended"] == []
        # A kill changes nothing of that.
        nodes.kill("th")
        nodes.start("th")
        nodes.wait_serving("th")
        assert "LCG-614" in typed("record", "show", "TH-1", home=home.path, code=14)

        typed("peer", "suspend", "LA", "--reason", "again", home=home.path)
        refused = typed("node", "restored", "--confirm", "--yes", "--as", "analyst", home=home.path, code=8)
        assert "LCG-203" in refused
        assert "LA" in typed("node", "restored", "--confirm", "--yes", home=home.path)
        assert json.loads(typed("node", "status", "--json", home=home.path))["state"] == "serving"
        wait_for(lambda: code_at(nodes, "la") == ("refused", "LCG-205"), "la is still suspended")
        wait_for(lambda: code_at(nodes, "cn") == ("refused", "LCG-501"), "cn is told that its day is spent")
        assert not home.restored.exists()
        assert "Nothing is to be done" in typed("node", "restored", home=home.path)
        confirmed = [act for act in nodes.acts("th") if act.kind == "restored-confirmed"]
        assert [act.actor for act in confirmed] == ["administrator"]
        assert json.loads(confirmed[0].detail)["suspended"] == "la"


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_a_node_whose_keys_were_replaced_after_its_backup_refuses_to_serve_and_says_what_to_do(tmp_path: Path) -> None:
    with running_federation(tmp_path / "federation", ("cn", "la", "th")) as nodes:
        ceremony, home = Ceremony(nodes, tmp_path), nodes.node("th").home
        file = backed_up(nodes, tmp_path)
        typed("node", "rekey", home=home.path)
        draft = ceremony.draft("cn", "--member", home.next / "member.json")
        ceremony.sign(draft, ("cn", "la", "th"))
        ceremony.accept(draft, ("cn", "la", "th"))

        # Nobody believes its certificate any more, so nobody can tell it why.
        lost_and_restored(nodes, file)
        nodes.start("th")
        assert nodes.process_of("th").wait(60) == 7
        assert "rekey --new-authority" in nodes.log("th")
        assert disk.number(home, "SELECT count(*) FROM own_epoch WHERE state = 'open'") == 0

        # With the roster at hand it says so at once.
        typed("roster", "install", draft, home=home.path)
        nodes.start("th")
        assert nodes.process_of("th").wait(60) == 9
        assert "a key that this node does not hold" in nodes.log("th")

        # What it says is what helps: new keys, named by the next roster.
        typed("node", "rekey", "--new-authority", home=home.path)
        again = ceremony.draft("cn", "--member", home.next / "member.json")
        ceremony.sign(again, ("cn", "la", "th"))
        ceremony.accept(again, ("cn", "la"))
        typed("roster", "install", again, home=home.path)
        nodes.start("th")
        nodes.wait_serving("th")
        typed("node", "restored", "--confirm", "--yes", home=home.path)
        wait_for(lambda: code_at(nodes, "cn") == ("refused", "LCG-501"), "cn follows th under its new keys")
