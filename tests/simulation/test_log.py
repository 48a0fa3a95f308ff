"""The log of real nodes: others vouch for it, it goes out as a file, and the file proves itself to whoever has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.federation import RunningFederation, running_federation, wait_for

PERSON = {"names": [{"text": "Somchai Jaidee"}], "birth_date": "1980-05-17"}
RECORD = {"record_id": "TH-1", "names": [{"text": "สมชาย ใจดี", "script": "Thai"}], "birth_date": "1980-05-17"}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFederation]:
    directory = tmp_path_factory.mktemp("log")
    with running_federation(directory / "federation", ("cn", "la", "th")) as running:
        running.load("th", [RECORD])
        wait_for(lambda: running.search("cn", PERSON, peers=["th"]).answers[0].hits != [], "cn finds it")
        yield running


def audit(nodes: RunningFederation, home: str, *arguments: str) -> str:
    done = nodes.command("--as", "auditor", "audit", *arguments, home=home)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_others_vouch_for_a_log_and_its_export_proves_itself(nodes: RunningFederation, tmp_path: Path) -> None:
    state = json.loads(audit(nodes, "th", "checkpoint", "--json"))
    assert state["newest"]["size"] == state["size"] > 0
    assert {each["witness"] for each in state["witnesses"]} == {"cn", "la"}
    out, done = tmp_path / "th.log", None

    def vouched() -> bool:
        """An export that both could be asked about: on a busy machine one may not answer in time."""
        nonlocal done
        out.unlink(missing_ok=True)
        audit(nodes, "th", "export", "--full", "--out", str(out))
        done = nodes.command("audit", "verify", str(out), "--witnesses", "2")
        assert done.returncode in {0, 3}, done.stderr
        return done.returncode == 0

    wait_for(vouched, "both vouch for an export")
    assert done is not None
    assert "2 of 2 others vouch (CN, LA)" in done.stdout
    assert "word alone" not in done.stdout
    # No officer and nothing of a search stands in it.
    data = out.read_bytes()
    assert b"analyst" not in data
    assert b"telecom-fraud" not in data.partition(b'{"checkpoints"')[0]


def test_one_act_is_proven_to_a_court_with_the_fields_that_are_opened(nodes: RunningFederation, tmp_path: Path) -> None:
    found = json.loads(audit(nodes, "th", "search", "--kind", "ask-received", "--peer", "CN", "--json"))["acts"]
    act = found[-1]
    out = tmp_path / "act.json"
    audit(nodes, "th", "export", "--act", act["act_id"], "--open", "purpose", "--out", str(out))
    done = nodes.command("audit", "verify", str(out), "--json")
    assert done.returncode in {0, 3}, done.stderr
    (proven,) = json.loads(done.stdout)["proven"]
    assert (proven["number"], proven["kind"], proven["peer"]) == (act["number"], "ask-received", "cn")
    assert proven["opened"] == {"purpose": "telecom-fraud"}
    assert act["detail"]["case_handle"] not in out.read_text()

    document = json.loads(out.read_text())
    document["acts"][0]["opened"][0]["value"] = "missing-person"
    out.write_text(json.dumps(document))
    done = nodes.command("audit", "verify", str(out))
    assert done.returncode == 17
    assert "LCG-615" in done.stderr


def test_two_logs_reconcile_and_what_one_side_lacks_is_listed(nodes: RunningFederation) -> None:
    nodes.search("cn", PERSON, peers=["th"])
    for home in ("cn", "th"):
        audit(nodes, home, "checkpoint")
    other = {"cn": "th", "th": "cn"}
    for home in ("cn", "th"):
        done = nodes.command("--as", "auditor", "audit", "reconcile", other[home].upper(), "--json", home=home)
        assert done.returncode == 0, done.stdout + done.stderr
        found = json.loads(done.stdout)
        assert found["differences"] == []
        assert found["agreed"] + found["settling"] > 6


def test_what_an_act_was_about_is_forgotten_and_the_log_still_holds(nodes: RunningFederation, tmp_path: Path) -> None:
    nodes.search("cn", PERSON, peers=["th"])
    act = json.loads(audit(nodes, "th", "search", "--kind", "ask-received", "--json"))["acts"][-1]
    case = act["detail"]["case_handle"]
    done = nodes.command(
        "--as", "administrator", "audit", "forget", act["act_id"], "--reason", "court order", home="th"
    )
    assert done.returncode == 0, done.stderr
    of_case = json.loads(audit(nodes, "th", "search", "--case", case, "--json"))["acts"]
    assert act["act_id"] not in [each["act_id"] for each in of_case]
    assert "all as they were logged" in audit(nodes, "th", "check")
    out = tmp_path / "act.json"
    audit(nodes, "th", "export", "--act", act["act_id"], "--open", "all", "--out", str(out))
    done = nodes.command("audit", "verify", str(out), "--json")
    assert done.returncode in {0, 3}, done.stderr
    assert json.loads(done.stdout)["proven"][0]["opened"] == {}
    forgotten = json.loads(audit(nodes, "th", "search", "--kind", "acts-forgotten", "--json"))["acts"][-1]
    assert forgotten["detail"] == {"numbers": str(act["number"]), "reason": "court order"}
