"""A record that was given changes or is withdrawn: whoever has it is told, once, however the nodes fail meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.disclosing import Desks
from tests.support.federation import running_federation, wait_for


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """cn, th and vn, running."""
    with running_federation(tmp_path_factory.mktemp("correction") / "f", ("cn", "th", "vn")) as running:
        yield Desks(running)


def read(desks: Desks, request_id: str) -> dict[str, Any]:
    """What the requester's officer reads."""
    done = desks.ask("disclosure", "read", request_id, "--json")
    assert done.exit_code == 0, done.stderr
    return dict(json.loads(done.stdout))


def given(desks: Desks, record: dict[str, Any], fields: str) -> str:
    """A disclosure of these fields, given; the request's id."""
    request_id = desks.requested(desks.hit(record), "--fields", fields)
    desks.given(request_id)
    desks.wait(request_id, "disclosed")
    return request_id


def corrected(desks: Desks, request_id: str) -> str:
    """The newest correction's kind, by the list of requests at the requester; "" without one."""
    listed = json.loads(desks.ask("disclosure", "list", "--json").stdout)["disclosures"]
    one = next(each for each in listed if each["request_id"] == request_id)
    return str(one.get("correction", {}).get("kind", ""))


def sent(desks: Desks, request_id: str) -> list[dict[str, Any]]:
    """The owner's corrections of a request, the newest first."""
    listed = json.loads(desks.desk("correction", "list", "--all", "--json").stdout)["sent"]
    return [each for each in listed if each["request_id"] == request_id]


def test_a_changed_record_is_corrected_where_it_was_given(desks: Desks) -> None:
    record = desks.person(phones=["+66812345678"])
    request_id = given(desks, record, "names,documents")
    assert read(desks, request_id)["fields"]["documents"] == record["documents"]
    new = [{"type": "passport", "issuer": "TH", "number": "CC7654321"}]
    desks.load(record | {"documents": new, "category": "victim"})
    wait_for(lambda: corrected(desks, request_id) == "rectified", "the correction is there")
    shown = desks.ask("disclosure", "show", request_id)
    assert shown.stdout.startswith("CORRECTED BY THE OWNER")
    now = read(desks, request_id)
    assert now["fields"] == {"names": record["names"], "documents": new}
    assert (now["category"], now["handling"]["code"]) == ("victim", "H1")
    assert sorted(now["officers"]) == ["analyst", "approver"]
    (only,) = sent(desks, request_id)
    assert (only["number"], only["requester"]) == (1, "cn")
    wait_for(lambda: not sent(desks, request_id)[0]["outstanding"], "it is acknowledged")


def test_a_change_of_what_was_not_given_is_not_told(desks: Desks) -> None:
    record = desks.person(phones=["+66812345678"])
    request_id = given(desks, record, "documents")
    desks.load(record | {"phones": ["+66812345679"], "sex": "female"})
    new = [{"type": "passport", "issuer": "TH", "number": "CC1112224"}]
    desks.load(record | {"phones": ["+66812345679"], "documents": new})
    wait_for(lambda: corrected(desks, request_id) == "rectified", "the correction is there")
    (only,) = sent(desks, request_id)
    assert only["number"] == 1
    assert read(desks, request_id)["fields"] == {"documents": new}


def test_a_field_that_was_empty_when_officers_looked_does_not_come_later(desks: Desks) -> None:
    record = desks.person()
    request_id = given(desks, record, "names,phones")
    desks.load(record | {"phones": ["+66812345678"], "names": [{"text": "Somsak Chai"}]})
    wait_for(lambda: corrected(desks, request_id) == "rectified", "the correction is there")
    assert read(desks, request_id)["fields"] == {"names": [{"text": "Somsak Chai"}]}


def test_a_withdrawn_record_is_erased_where_it_was_given(desks: Desks) -> None:
    record = desks.person()
    request_id = given(desks, record, "names,documents")
    assert desks.desk("record", "withdraw", record["record_id"], "--yes").exit_code == 0
    wait_for(lambda: corrected(desks, request_id) == "erased", "the correction is there")
    assert desks.show(request_id)["state"] == "erased"
    assert desks.ask("disclosure", "read", request_id).exit_code == 18
    assert "ERASED BY THE OWNER" in desks.ask("disclosure", "show", request_id).stdout
    came = json.loads(desks.ask("correction", "list", "--json").stdout)["came"]
    (one,) = [each for each in came if each["request_id"] == request_id]
    assert (one["owner"], one["kind"], one["seen"] is not None) == ("th", "erased", True)
    desks.load(record)
    wait_for(lambda: not sent(desks, request_id)[0]["outstanding"], "it is acknowledged")
    assert len(sent(desks, request_id)) == 1


def test_a_correction_waits_for_a_recipient_that_is_down(desks: Desks) -> None:
    record = desks.person()
    request_id = given(desks, record, "documents")
    desks.running.kill("cn")
    new = [{"type": "passport", "issuer": "TH", "number": "CC1112225"}]
    desks.running.load("th", [record | {"documents": new}])
    wait_for(lambda: len(sent(desks, request_id)) == 1, "it is written")
    (one,) = sent(desks, request_id)
    assert one["outstanding"]
    assert "OUTSTANDING" in desks.desk("correction", "list").stdout
    desks.running.start("cn")
    desks.running.wait_serving("cn")
    wait_for(lambda: not sent(desks, request_id)[0]["outstanding"], "it is acknowledged")
    assert read(desks, request_id)["fields"] == {"documents": new}


def test_an_owner_that_is_killed_right_after_a_change_tells_it_once(desks: Desks) -> None:
    record = desks.person()
    request_id = given(desks, record, "documents")
    new = [{"type": "passport", "issuer": "TH", "number": "CC1112226"}]
    desks.running.load("th", [record | {"documents": new}])
    desks.running.kill("th")
    desks.running.start("th")
    desks.running.wait_serving("th")
    wait_for(lambda: corrected(desks, request_id) == "rectified", "the correction is there")
    assert read(desks, request_id)["fields"] == {"documents": new}
    assert [one["number"] for one in sent(desks, request_id)] == [1]


def test_a_correction_is_an_act_at_both_ends_and_names_nobody(desks: Desks) -> None:
    record = desks.person()
    request_id = given(desks, record, "documents")
    desks.load(record | {"documents": [{"type": "passport", "issuer": "TH", "number": "QQ1112227"}]})
    wait_for(lambda: corrected(desks, request_id) == "rectified", "the correction is there")
    for node, kind, peer in (("th", "correction-sent", "cn"), ("cn", "correction-received", "th")):
        acts = [act for act in desks.running.acts(node) if act.kind == kind]
        assert acts
        assert {act.peer for act in acts} == {peer}
        assert not any("QQ1112227" in str(act.detail) or record["record_id"] in str(act.detail) for act in acts)
        home = desks.running.node(node).home.path
        assert not any(b"QQ1112227" in path.read_bytes() for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize("officer", ["auditor", "administrator"])
def test_an_auditor_and_an_administrator_see_no_corrections(desks: Desks, officer: str) -> None:
    assert desks.desk("correction", "list", officer=officer).exit_code == 8
