"""After a hit: one request, two officers, a sealed reply, a receipt; and everything that must not be possible."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.disclosing import GIVEN, Desks
from tests.support.federation import running_federation, wait_for


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """cn, th and vn, running."""
    with running_federation(tmp_path_factory.mktemp("disclosure") / "f", ("cn", "th", "vn")) as running:
        yield Desks(running)


def test_two_officers_give_what_was_asked_and_no_more_and_hear_that_it_was_read(desks: Desks) -> None:
    record = desks.person(phones=["+66812345678"])
    request_id = desks.requested(desks.hit(record), "--fields", "names,documents", "--urgency", "urgent")
    found = json.loads(desks.desk("inbox", "--json").stdout)["requests"]
    (waiting,) = [one for one in found if one["request_id"] == request_id]
    assert (waiting["request_id"], waiting["requester"], waiting["urgency"]) == (request_id, "cn", "urgent")
    shown = json.loads(desks.desk("disclosure", "show", request_id[:8], "--json").stdout)
    assert shown["record"]["record_id"] == record["record_id"]
    assert shown["compared"]["birth date"] == "the same day"
    desks.given(request_id)
    desks.wait(request_id, "disclosed")
    read = json.loads(desks.ask("disclosure", "read", request_id, "--json").stdout)
    assert read["category"] == "suspect"
    assert read["fields"] == {key: record[key] for key in ("names", "documents")}
    assert read["handling"]["code"] == "H1"
    assert sorted(read["officers"]) == ["analyst", "approver"]
    wait_for(lambda: _state_at_owner(desks, request_id) == "read", "the owner has the receipt")


def _state_at_owner(desks: Desks, request_id: str) -> str:
    found = json.loads(desks.desk("inbox", "--all", "--json").stdout)["requests"]
    return next(str(one["state"]) for one in found if one["request_id"] == request_id)


def test_what_was_given_lies_sealed_at_both_ends_and_stands_in_no_log(desks: Desks) -> None:
    record = desks.person(documents=[{"type": "passport", "issuer": "TH", "number": "ZZ9876543"}])
    request_id = desks.requested(desks.hit(record), "--fields", "documents", "--tell", "none")
    desks.given(request_id)
    desks.wait(request_id, "disclosed")
    assert b"ZZ9876543" in desks.ask("disclosure", "read", request_id, "--json").stdout.encode()
    for node in ("cn", "th"):
        home = desks.running.node(node).home
        for path in home.path.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                assert b"ZZ9876543" not in data, path
                assert b"to be identified" not in data, path
    acts = json.dumps([act.detail for node in ("cn", "th") for act in desks.running.acts(node)])
    assert record["record_id"] not in acts
    assert "to be identified" not in acts


def test_one_officer_is_not_two(desks: Desks) -> None:
    request_id = desks.requested(desks.hit(desks.person()))
    assert desks.approve(request_id, *GIVEN).exit_code == 0
    again = desks.approve(request_id)
    assert again.exit_code == 8
    assert "LCG-707" in again.stderr
    anew = desks.approve(request_id, *GIVEN, "--fields", "names")
    assert "an officer of the other role" in anew.stdout
    assert desks.show(request_id)["state"] == "taken"


@pytest.mark.parametrize("officer", ["auditor", "administrator"])
def test_an_auditor_and_an_administrator_see_and_decide_nothing(desks: Desks, officer: str) -> None:
    request_id = desks.requested(desks.hit(desks.person()))
    for command in (["inbox"], ["disclosure", "show", request_id], ["disclosure", "list"]):
        assert desks.desk(*command, officer=officer).exit_code == 8
    assert desks.approve(request_id, *GIVEN, officer=officer).exit_code == 8


def test_the_officers_must_approve_the_same(desks: Desks) -> None:
    request_id = desks.requested(desks.hit(desks.person()), "--fields", "names,birth_date")
    assert desks.approve(request_id, *GIVEN).exit_code == 0
    other = desks.approve(request_id, *GIVEN, "--fields", "names", officer="approver")
    assert (other.exit_code, "LCG-709" in other.stderr) == (12, True)
    assert desks.approve(request_id, officer="approver").exit_code == 0


def test_a_record_that_changes_between_the_two_is_looked_at_again(desks: Desks) -> None:
    record = desks.person()
    request_id = desks.requested(desks.hit(record), "--fields", "documents")
    assert desks.approve(request_id, *GIVEN).exit_code == 0
    desks.load(record | {"documents": [{"type": "passport", "issuer": "TH", "number": "CC1112223"}]})
    late = desks.approve(request_id, officer="approver")
    assert (late.exit_code, "the record changed" in late.stderr) == (12, True)
    shown = json.loads(desks.desk("disclosure", "show", request_id, "--json").stdout)
    assert shown["changed"]
    desks.given(request_id)
    desks.wait(request_id, "disclosed")
    read = json.loads(desks.ask("disclosure", "read", request_id, "--json").stdout)
    assert read["fields"]["documents"][0]["number"] == "CC1112223"


def test_a_field_that_was_not_asked_for_is_not_given(desks: Desks) -> None:
    request_id = desks.requested(desks.hit(desks.person()), "--fields", "names")
    wide = desks.approve(request_id, *GIVEN, "--fields", "names,documents")
    assert (wide.exit_code, "LCG-711" in wide.stderr) == (2, True)


def test_a_refusal_tells_its_ground_and_no_more(desks: Desks) -> None:
    request_id = desks.requested(desks.hit(desks.person()))
    done = desks.desk("disclosure", "refuse", request_id, "--ground", "victim-protection", "--yes", officer="approver")
    assert done.exit_code == 0, done.stderr
    desks.wait(request_id, "refused")
    assert desks.show(request_id)["code"] == "victim-protection"
    assert desks.ask("disclosure", "read", request_id).exit_code == 18
    late = desks.approve(request_id, *GIVEN)
    assert (late.exit_code, "LCG-706" in late.stderr) == (18, True)
    assert desks.desk("disclosure", "refuse", request_id, "--ground", "no-reason", "--yes").exit_code == 2


def test_a_hit_is_asked_for_once(desks: Desks) -> None:
    hit_id = desks.hit(desks.person())
    desks.requested(hit_id)
    again = desks.request(hit_id)
    assert (again.exit_code, "LCG-703" in again.stderr) == (18, True)


def test_a_name_alone_opens_no_disclosure(desks: Desks) -> None:
    record = desks.person()
    refused = desks.request(desks.hit(record, "names"))
    assert (refused.exit_code, "LCG-702" in refused.stderr) == (18, True)


def test_a_request_is_withdrawn_and_what_comes_later_is_not_kept(desks: Desks) -> None:
    request_id = desks.requested(desks.hit(desks.person()))
    assert desks.ask("disclosure", "withdraw", request_id, "--yes").exit_code == 0
    wait_for(lambda: _state_at_owner(desks, request_id) == "withdrawn", "the owner knows")
    assert desks.approve(request_id, *GIVEN).exit_code == 18
    assert desks.ask("disclosure", "withdraw", request_id, "--yes").exit_code == 18


def test_a_withdrawn_record_can_not_be_asked_for(desks: Desks) -> None:
    record = desks.person()
    hit_id = desks.hit(record)
    assert desks.desk("record", "withdraw", record["record_id"], "--yes").exit_code == 0
    made = desks.request(hit_id)
    request_id = json.loads(made.stdout)["request_id"]
    desks.wait(request_id, "rejected")
    assert desks.show(request_id)["code"] == "LCG-712"


def test_a_deputy_takes_a_request_over(desks: Desks) -> None:
    request_id = desks.requested(desks.hit(desks.person()))
    assert "held by analyst" in desks.desk("disclosure", "take", request_id).stdout
    assert "held by approver" in desks.desk("disclosure", "take", request_id, officer="approver").stdout


def test_victims_and_minors_are_seen_first(desks: Desks) -> None:
    record = desks.person(category="victim", birth_date="2014-02-03")
    request_id = desks.requested(desks.hit(record))
    lines = desks.desk("disclosure", "show", request_id).stdout.splitlines()
    assert lines[0].startswith("VICTIM")
    assert lines[1].startswith("MINOR")
    desks.given(request_id)
    desks.wait(request_id, "disclosed")
    assert desks.ask("disclosure", "read", request_id).stdout.splitlines()[0].startswith("VICTIM")


def test_words_and_ids_that_are_wrong_are_named(desks: Desks) -> None:
    hit_id = desks.hit(desks.person())
    assert "fields" in desks.request(hit_id, "--fields", "shoe-size").stderr
    assert "urgency" in desks.request(hit_id, "--urgency", "now").stderr
    assert "tell" in desks.request(hit_id, "--tell", "secrets").stderr
    assert "legal-basis" in desks.request(hit_id, "--legal-basis", " ").stderr
    for wrong in ("0" * 16, "xyz", "../x"):
        assert desks.request(wrong).exit_code == 6
        assert desks.ask("disclosure", "show", wrong).exit_code == 6
        assert desks.ask("disclosure", "read", wrong).exit_code == 6


def test_a_request_waits_for_an_owner_that_is_down(desks: Desks) -> None:
    hit_id = desks.hit(desks.person())
    desks.running.kill("th")
    made = desks.request(hit_id)
    request_id = json.loads(made.stdout)["request_id"]
    assert desks.show(request_id)["state"] == "sent"
    desks.running.start("th")
    desks.running.wait_serving("th")
    desks.wait(request_id, "taken")


def test_a_record_that_changed_since_the_match_is_shown_as_changed_and_not_refused(desks: Desks) -> None:
    record = desks.person()
    hit_id = desks.hit(record)
    desks.load(record | {"names": [{"text": "สมศักดิ์ ใจงาม"}]})
    request_id = desks.requested(hit_id)
    shown = json.loads(desks.desk("disclosure", "show", request_id, "--json").stdout)
    assert shown["changed"]
    assert shown["record"]["names"][0]["text"] == "สมศักดิ์ ใจงาม"
    assert "CHANGED" in desks.desk("disclosure", "show", request_id).stdout


def test_a_political_case_is_not_asked_about(desks: Desks) -> None:
    refused = desks.request(desks.hit(desks.person()), "--character", "political")
    assert (refused.exit_code, "LCG-713" in refused.stderr) == (18, True)
