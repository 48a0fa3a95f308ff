"""Six nodes find one person: across six scripts, by name, by identifier alone, and nobody who is not held."""

from __future__ import annotations

import json

import pytest

from node.errors import Code, LancangError
from node.v1 import operator_pb2
from tests.support.federation import MEMBERS, wait_for
from tests.support.people import Invented, Line, invented
from tests.support.six_nodes import SixNodes, wait_spread

EVERYONE = [person for owner in MEMBERS for person in invented(owner)]


def elsewhere(owner: str) -> str:
    """A member that does not hold the person."""
    return MEMBERS[(MEMBERS.index(owner) + 1) % len(MEMBERS)]


def shown(six: SixNodes, owner: str, audience: str, tag: str) -> Line:
    """The record that an owner knows behind a tag it gave an audience."""
    reference = operator_pb2.TagReference(tag=bytes.fromhex(tag), audience=audience)
    with six.running.officer(owner) as stub:
        response = stub.ShowRecord(operator_pb2.ShowRecordRequest(tag=reference), timeout=10.0)
    record: Line = json.loads(response.record)
    return record


@pytest.mark.parametrize("person", EVERYONE, ids=lambda person: person.heard.replace(" ", ""))
def test_a_person_is_found_by_a_latin_spelling_at_the_owner_and_nowhere_else(six: SixNodes, person: Invented) -> None:
    requester = elsewhere(person.owner)
    query = {"names": [{"text": person.heard, "script": "Latn"}], "birth_date": person.birth_date}
    result = six.search(requester, query)
    assert result.complete
    outcomes = {answer.node: answer.outcome for answer in result.answers}
    assert outcomes == {node: "hit" if node == person.owner else "none" for node in MEMBERS if node != requester}
    (best, *_) = next(answer for answer in result.answers if answer.node == person.owner).hits
    assert best.band == "strong"
    assert shown(six, person.owner, requester, best.tag)["record_id"] == person.record_id


def test_someone_nobody_holds_gives_none_from_every_node(six: SixNodes) -> None:
    query = {"names": [{"text": "Zephyrine Quillfeather"}], "birth_date": "1993-02-27", "phones": ["+447700900123"]}
    result = six.search("cn", query)
    assert result.complete
    assert {answer.node: answer.outcome for answer in result.answers} == {
        node: "none" for node in MEMBERS if node != "cn"
    }


@pytest.mark.parametrize("owner", MEMBERS)
def test_a_name_alone_is_never_more_than_possible(six: SixNodes, owner: str) -> None:
    person = invented(owner)[0]
    for text in (person.native, person.heard):
        answers = six.answers(elsewhere(owner), {"names": [{"text": text}]})
        assert {answer.outcome for answer in answers.values()} <= {"possible", "none"}
    assert six.answer(elsewhere(owner), owner, {"names": [{"text": person.native}]}).outcome == "possible"


@pytest.mark.parametrize("attribute", ["phones", "documents", "accounts"])
def test_an_identifier_alone_gives_a_strong_hit(six: SixNodes, attribute: str) -> None:
    for owner in ("la", "vn"):
        person = invented(owner)[1]
        answers = six.answers(elsewhere(owner), {attribute: person.record[attribute]})
        assert {node for node, answer in answers.items() if answer.outcome == "hit"} == {owner}
        assert shown(six, owner, elsewhere(owner), answers[owner].hits[0].tag)["record_id"] == person.record_id


def test_what_is_not_compared_is_said(six: SixNodes) -> None:
    result = six.search("th", {"names": [{"text": "Chan Dara"}], "sex": "male", "nationality": "KH"}, peers=["kh"])
    assert set(result.not_compared) == {"nationality"}, "the other sex speaks against"


def test_two_requesters_know_one_record_by_different_tags(six: SixNodes) -> None:
    person = invented("mm")[0]
    tags = {
        requester: six.answer(requester, "mm", {"phones": [person.phone]}).hits[0].tag for requester in ("cn", "th")
    }
    assert tags["cn"] != tags["th"]
    assert shown(six, "mm", "cn", tags["cn"]) == shown(six, "mm", "th", tags["th"])
    with pytest.raises(LancangError) as refused:
        shown(six, "mm", "th", tags["cn"])
    assert refused.value.code is Code.RECORD_NOT_FOUND


def test_a_changed_record_is_found_under_a_new_tag_and_no_longer_as_it_was(six: SixNodes) -> None:
    record = {"record_id": "TH-7001", "names": [{"text": "ปรีชา ทดสอบ"}], "birth_date": "1990-05-05"}
    six.load("th", [record | {"phones": ["+66899990001"]}])
    before = {peer: six.answer(peer, "th", {"phones": ["+66899990001"]}).hits[0].tag for peer in ("kh", "vn")}
    summary = six.load("th", [record | {"phones": ["+66899990002"]}])
    assert (summary.added, summary.changed) == (0, 1)
    for peer, old in before.items():
        (hit,) = six.answer(peer, "th", {"phones": ["+66899990002"]}).hits
        assert hit.tag != old
        assert shown(six, "th", peer, hit.tag)["phones"] == ["+66899990002"]
        assert six.answer(peer, "th", {"phones": ["+66899990001"]}).outcome == "none"


def test_a_withdrawn_record_is_found_by_nobody_any_more(six: SixNodes) -> None:
    phone = "+85599990003"
    six.load("kh", [{"record_id": "KH-7002", "names": [{"text": "សុខ ពិសិដ្ឋ"}], "phones": [phone]}])
    peers = [node for node in MEMBERS if node != "kh"]
    assert all(six.answer(peer, "kh", {"phones": [phone]}).outcome == "hit" for peer in peers)
    with six.running.officer("kh") as stub:
        stub.WithdrawRecord(operator_pb2.WithdrawRecordRequest(record_id="KH-7002"), timeout=10.0)
    wait_spread(six.running, "kh")
    assert all(six.answer(peer, "kh", {"phones": [phone]}).outcome == "none" for peer in peers)


def test_a_new_record_is_found_by_every_peer_within_seconds(six: SixNodes) -> None:
    phone = "+862088880004"
    summary = six.running.load("cn", [{"record_id": "CN-7003", "names": [{"text": "赵文博"}], "phones": [phone]}])
    assert summary.added == 1
    for peer in MEMBERS[1:]:
        wait_for(lambda peer=peer: six.answer(peer, "cn", {"phones": [phone]}).outcome == "hit", f"{peer} finds it", 10)  # type: ignore[misc]  # mypy cannot type a lambda's default
