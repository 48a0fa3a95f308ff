"""A log that is set back, or edited by hand: the node finds it out itself, says so, and its witnesses remember."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.federation import RunningFederation, running_federation, wait_for

PERSON = {"names": [{"text": "Somchai Jaidee"}], "birth_date": "1980-05-17"}


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[RunningFederation]:
    with running_federation(tmp_path / "federation", ("cn", "la", "th")) as running:
        yield running


def stop(nodes: RunningFederation, node_id: str) -> None:
    nodes.process_of(node_id).terminate()
    nodes.process_of(node_id).wait(20)


def start(nodes: RunningFederation, node_id: str) -> None:
    nodes.start(node_id)
    nodes.wait_serving(node_id)


def audit(nodes: RunningFederation, home: str, *arguments: str) -> str:
    done = nodes.command("--as", "auditor", "audit", *arguments, home=home)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wait_vouched(nodes: RunningFederation, home: str, *witnesses: str) -> int:
    """Make checkpoints until these vouch for the whole log; returns its length."""

    def vouched() -> bool:
        state = json.loads(audit(nodes, home, "checkpoint", "--json"))
        sizes = {each["witness"]: each["size"] for each in state["witnesses"]}
        return all(sizes[name] == state["newest"]["size"] for name in witnesses)

    wait_for(vouched, f"{witnesses} vouch for the log of {home}")
    return int(json.loads(audit(nodes, home, "show", "--json"))["newest"]["size"])


def kinds(nodes: RunningFederation, home: str) -> list[str]:
    return [act.kind for act in nodes.acts(home)]


def alarms(nodes: RunningFederation, home: str) -> list[tuple[str, str]]:
    done = nodes.command("--as", "auditor", "alarms", "list", "--json", home=home)
    return [(alarm["kind"], alarm["peer"]) for alarm in json.loads(done.stdout)["alarms"]]


def test_a_log_copied_back_from_yesterday_begins_anew_and_everybody_knows(
    nodes: RunningFederation, tmp_path: Path
) -> None:
    home = nodes.node("th").home
    stop(nodes, "th")
    shutil.copytree(home.path, tmp_path / "yesterday")
    start(nodes, "th")
    nodes.wait_in_sync("th")
    for number in range(3):
        nodes.search("th", PERSON, case=f"C-{number}")
    lost = wait_vouched(nodes, "th", "cn", "la")
    stop(nodes, "th")
    shutil.rmtree(home.path)
    (tmp_path / "yesterday").rename(home.path)

    start(nodes, "th")
    # It makes a checkpoint at its start, and hears of what it lost before it signs that it is shorter.
    wait_for(lambda: "log-begun-anew" in kinds(nodes, "th"), "th finds out that it was set back")
    anew = next(act for act in nodes.acts("th") if act.kind == "log-begun-anew")
    detail = json.loads(anew.detail)
    assert (detail["generation"], detail["after_generation"], detail["after_size"]) == (2, 1, lost)
    assert ("log-set-back", "") in alarms(nodes, "th")
    wait_vouched(nodes, "th", "cn", "la")
    for witness in ("cn", "la"):
        told = json.loads(next(act.detail for act in nodes.acts(witness) if act.kind == "log-set-back"))
        assert (told["after_size"], told["generation"]) == (lost, 2)
        assert ("log-set-back", "th") in alarms(nodes, witness)
        assert "log-refused" not in kinds(nodes, witness)
    out = tmp_path / "th.log"
    audit(nodes, "th", "export", "--full", "--out", str(out))
    done = nodes.command("audit", "verify", str(out))
    assert "set back 1 times" in done.stdout
    # What th lost stands in the logs of those it dealt with.
    wait_vouched(nodes, "cn", "la")
    done = nodes.command("--as", "auditor", "audit", "reconcile", "CN", "--json", home="th")
    found = json.loads(done.stdout)
    # Three asks and three answers, of the last minute if this machine is quick.
    assert found["settling"] + len(found["differences"]) == 6, done.stderr
    assert {each["what"] for each in found["differences"]} <= {"only-there"}


EDITS = {
    "UPDATE act SET peer = 'la' WHERE act_no = 2": "act 2: its row is not what was logged",
    "UPDATE act SET detail = '' WHERE act_no = 3": "act 3: its content was erased, and no act says so",
    "UPDATE act SET detail = '{}' WHERE act_no = 4": "act 4: its detail is not what was logged",
    "UPDATE log_leaf SET leaf = (SELECT leaf FROM log_leaf WHERE act_no = 6) WHERE act_no = 5": "act 5: its row is not",
    "UPDATE log_node SET hash = zeroblob(32) WHERE level = 1 AND position = 4": "the tree's hashes are not those",
}


def test_rows_edited_by_hand_are_found_at_the_next_start(nodes: RunningFederation) -> None:
    signed = wait_vouched(nodes, "th", "cn", "la")
    stop(nodes, "th")
    with closing(sqlite3.connect(nodes.node("th").home.database)) as database, database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        for statement in EDITS:
            assert database.execute(statement).rowcount == 1
    start(nodes, "th")
    wait_for(lambda: "log-altered" in kinds(nodes, "th"), "th finds that its log was altered")
    act = next(act for act in nodes.acts("th") if act.kind == "log-altered")
    findings = json.loads(act.detail)["findings"]
    for finding in EDITS.values():
        assert finding in findings
    assert f"the first {signed} acts are not those that were signed for" in findings
    assert ("log-altered", "") in alarms(nodes, "th")
    done = nodes.command("--as", "auditor", "audit", "check", home="th")
    assert (done.returncode, "LCG-615" in done.stderr) == (17, True)
    doctor = nodes.command("doctor", "--json", home="th")
    checks = {check["name"]: check for check in json.loads(doctor.stdout)["checks"]}
    assert checks["log"]["state"] == "failed"
    # It goes on, and the others see that it can't go on from what they vouched for.
    assert nodes.search("cn", PERSON, peers=["th"]).answers[0].outcome == "none"
