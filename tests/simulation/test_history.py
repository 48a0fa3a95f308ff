"""An auditor sees who searched when and for which case, never whom; unless a second auditor agrees, for a day."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.disclosing import GIVEN, Desks
from tests.support.federation import running_federation, wait_for

NAME = "Somchai Rakthai"


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """cn and th, cn with a second auditor."""
    with running_federation(tmp_path_factory.mktemp("history") / "f", ("cn", "th")) as running:
        found = Desks(running)
        secret = str(running.node("cn").secret_file)
        for node, officer, role in (("cn", "auditor-2", "auditor"), ("th", "analyst-2", "analyst")):
            home = str(running.node(node).home.path)
            added = found.shell({"LANCANG_SECRET_FILE": secret.replace("cn", node)}).invoke(
                found.app, ["--home", home, "operator", "add", officer, "--role", role]
            )
            assert added.exit_code == 0, added.output
        yield found


def test_the_history_names_officer_case_and_purpose_and_no_person(desks: Desks) -> None:
    desks.running.search("cn", {"names": [{"text": NAME}]}, case="K-2026-17")
    shown = desks.ask("history", "--officer", "analyst", officer="auditor")
    listed = desks.ask("history", "list", "--json", officer="auditor")
    (one,) = [each for each in json.loads(listed.stdout)["searches"] if each["case"] == "K-2026-17"]
    assert (one["officer"], one["purpose"], one["members"], one["answered"]) == (
        "analyst", "telecom-fraud", ["th"], ["th"]
    )  # fmt: skip
    assert "Somchai" not in listed.stdout + shown.output
    assert desks.ask("history", "list", officer="analyst").exit_code == 8
    assert "history-shown" in {act.kind for act in desks.running.acts("cn")}


def test_whom_takes_two_auditors_and_is_logged(desks: Desks) -> None:
    result = desks.running.search("cn", {"names": [{"text": NAME}]}, case="K-18")
    asked = desks.ask("history", "reveal", result.search_id, "--reason", "complaint 12", officer="auditor")
    assert asked.exit_code == 0, asked.output
    reveal = asked.stdout.split()[1].rstrip(".")
    for command, officer in (("open", "auditor"), ("agree", "auditor"), ("open", "auditor-2")):
        assert desks.ask("history", command, reveal, officer=officer).exit_code == 8
    assert desks.ask("history", "agree", reveal, officer="auditor-2").exit_code == 0
    assert desks.ask("history", "open", reveal, officer="auditor-2").exit_code == 8
    opened = desks.ask("history", "open", reveal, "--json", officer="auditor")
    assert json.loads(opened.stdout)["subject"]["names"] == [{"text": NAME}]
    (shown,) = json.loads(desks.ask("history", "reveals", "--json", officer="auditor-2").stdout)["reveals"]
    assert (shown["asked_by"], shown["agreed_by"], shown["reason"]) == ("auditor", "auditor-2", "complaint 12")
    kinds = [act.kind for act in desks.running.acts("cn")]
    assert [kind for kind in kinds if kind.startswith("reveal")] == ["reveal-asked", "reveal-agreed", "revealed"]
    assert desks.ask("history", "reveal", "00" * 16, "--reason", "x", officer="auditor").exit_code == 6


def test_the_approval_of_a_revoked_officer_counts_no_more(desks: Desks) -> None:
    request_id = desks.requested(desks.hit(desks.person()))
    assert desks.approve(request_id, *GIVEN, officer="analyst-2").exit_code == 0
    assert desks.desk("operator", "revoke", "analyst-2").exit_code == 0
    listed = json.loads(desks.desk("operator", "list", "--json").stdout)
    assert "analyst-2" not in {one["officer"] for one in listed["officers"]}
    assert [one["officer"] for one in listed["revoked"]] == ["analyst-2"]
    late = desks.approve(request_id, officer="approver")
    assert (late.exit_code, "revoked" in late.stderr) == (12, True)
    desks.given(request_id)


def test_requests_of_a_revoked_officer_are_withdrawn(desks: Desks) -> None:
    home = str(desks.running.node("cn").home.path)
    secret = {"LANCANG_SECRET_FILE": str(desks.running.node("cn").secret_file)}
    add = ["--home", home, "operator", "add", "analyst-3", "--role", "analyst"]
    assert desks.shell(secret).invoke(desks.app, add).exit_code == 0
    hit_id = desks.hit(desks.person())
    words = ("--legal-basis", "x", "--necessity", "y", "--yes", "--json")
    made = desks.ask("disclosure", "request", hit_id, *words, officer="analyst-3")
    request_id = json.loads(made.stdout)["request_id"]
    desks.wait(request_id, "taken")
    assert desks.ask("operator", "revoke", "analyst-3").exit_code == 0
    wait_for(lambda: desks.show(request_id)["state"] == "withdrawn", "it is withdrawn")
