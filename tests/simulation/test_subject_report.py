"""A person asks what is known of him: what each end can tell, to an approver alone, and what it says it can't."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.disclosing import Desks
from tests.support.federation import running_federation, wait_for

REASON = ("--reason", "access request 12")


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """cn and th, running."""
    with running_federation(tmp_path_factory.mktemp("report") / "f", ("cn", "th")) as running:
        yield Desks(running)


def given(desks: Desks, record: dict[str, Any]) -> tuple[str, str]:
    """A disclosure of names and documents: its hit's id and its own."""
    hit_id = desks.hit(record)
    request_id = desks.requested(hit_id, "--fields", "names,documents")
    desks.given(request_id)
    desks.wait(request_id, "disclosed")
    return hit_id, request_id


def test_an_owner_tells_what_it_holds_who_asked_who_decided_and_what_was_given(desks: Desks) -> None:
    record = desks.person()
    _, request_id = given(desks, record)
    changed = record | {"names": [{"text": "Somsak Chai"}]}
    desks.load(changed)
    arguments = ("subject", "report", "--record", record["record_id"], *REASON)
    wait_for(lambda: bool(_report(desks, arguments)["requests"][0]["corrections"]), "it is corrected")
    told = _report(desks, arguments)
    assert told["content"] == changed
    assert {one["member"] for one in told["published"]} == {"cn"}
    (asked,) = told["requests"]
    assert (asked["request_id"], asked["requester"], asked["legal_basis"]) == (request_id, "cn", "Treaty 2003, art. 4")
    assert asked["given"] == ["names", "documents"]
    assert {(one["officer"], one["role"]) for one in asked["decisions"]} == {
        ("analyst", "analyst"),
        ("approver", "approver"),
    }
    assert [one["kind"] for one in asked["corrections"]] == ["rectified"]
    assert any("An ask does not show whom it was about" in line for line in told["untold"])
    screen = desks.desk(*arguments, officer="approver").stdout
    assert "Treaty 2003" in screen
    assert "What can't be told here:" in screen


def _report(desks: Desks, arguments: tuple[str, ...]) -> dict[str, Any]:
    done = desks.desk(*arguments, "--json", officer="approver")
    assert done.exit_code == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_requester_tells_which_searches_were_about_the_person_and_what_came_of_them(desks: Desks) -> None:
    record, other = desks.person(), desks.person()
    hit_id, request_id = given(desks, record)
    desks.hit(other)
    desks.hit(record, "documents")
    exclusion = desks.ask("exclusion", "add", hit_id, "--reason", "another man", "--json")
    who = ("--name", record["names"][0]["text"], "--birth-date", record["birth_date"])
    done = desks.ask("subject", "report", *who, *REASON, "--json", officer="approver")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    (made,) = told["searches"]
    assert (made["officer"], made["purpose"]) == ("analyst", "telecom-fraud")
    assert "name and date" in made["equal"]
    (hit,) = made["hits"]
    assert (hit["owner"], hit["request_id"], set(hit["came"])) == ("th", request_id, {"names", "documents"})
    assert [one["exclusion_id"] for one in told["exclusions"]] == [json.loads(exclusion.stdout)["exclusion_id"]]
    assert record["documents"][0]["number"] not in done.stdout
    whole = json.dumps({"query_id": "q", "names": record["names"], "documents": record["documents"]})
    by_line = desks.ask("subject", "report", "-", *REASON, "--json", officer="approver", stdin=whole)
    assert {tuple(one["equal"]) for one in json.loads(by_line.stdout)["searches"]} == {("document",), ("name",)}
    screen = desks.ask("subject", "report", *who, *REASON, officer="approver").stdout
    assert "What can't be told here:" in screen


def test_only_an_approver_may_and_it_is_logged_with_its_reason(desks: Desks) -> None:
    record = desks.person()
    report = ("subject", "report", "--record", record["record_id"])
    for officer in ("analyst", "auditor", "administrator"):
        assert desks.desk(*report, *REASON, officer=officer).exit_code == 8
    assert desks.desk(*report, "--reason", " ", officer="approver").exit_code == 2
    assert desks.desk(*report, *REASON, "--name", "X", officer="approver").exit_code == 2
    assert desks.desk("subject", "report", "--record", "TH-none", *REASON, officer="approver").exit_code == 6
    assert desks.desk(*report, "--reason", "by the court", officer="approver").exit_code == 0
    acts = [act for act in desks.running.acts("th") if act.kind == "subject-reported"]
    assert any("by the court" in str(act.detail) and act.actor == "approver" for act in acts)
    assert record["record_id"] not in str([act.detail for act in acts])
