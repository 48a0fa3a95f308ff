"""Not this person: a subject and a record that people keep apart do not meet again, at either end, and it is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.disclosing import Desks
from tests.support.federation import running_federation, wait_for

KEYS = {"hit_id", "tag", "band", "score", "agreed"}


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """cn and th, running."""
    with running_federation(tmp_path_factory.mktemp("exclusion") / "f", ("cn", "th")) as running:
        yield Desks(running)


def search(desks: Desks, record: dict[str, Any], *more: str) -> tuple[dict[str, Any], str]:
    """Th's answer to a search by name and date, as JSON and as the screen shows the same question."""
    who = ("--name", record["names"][0]["text"], "--birth-date", record["birth_date"], *more)
    terms = ("--purpose", "telecom-fraud", "--case", "C-1", "--peer", "th")
    answer = json.loads(desks.ask("search", *who, *terms, "--json").stdout)["answers"][0]
    return answer, desks.ask("search", *who, *terms).stdout


def excluded(desks: Desks, hit_id: str, *more: str) -> str:
    """Exclude at the requester; the exclusion's id."""
    done = desks.ask("exclusion", "add", hit_id, "--reason", "fingerprints differ", "--json", *more)
    assert done.exit_code == 0, done.stderr
    return str(json.loads(done.stdout)["exclusion_id"])


def standing(desks: Desks, node: str) -> dict[str, dict[str, Any]]:
    """The exclusions that stand at a node, by id."""
    ask = desks.ask if node == "cn" else desks.desk
    listed = json.loads(ask("exclusion", "list", "--json").stdout)["exclusions"]
    return {one["exclusion_id"]: one for one in listed}


def test_an_excluded_record_is_no_hit_any_more_and_that_is_said(desks: Desks) -> None:
    record = desks.person()
    before, _ = search(desks, record)
    assert before["hits"]
    exclusion = excluded(desks, before["hits"][0]["hit_id"])
    after, screen = search(desks, record)
    assert (after["outcome"], after["hits"], after["reason"]) == ("none", [], "excluded: not this person")
    assert f"excluded: not this person (exclusion {exclusion[:8]})" in screen
    # The same person with more that is known of him, and his name in another order, is still the same subject.
    more, _ = search(desks, record, "--phone", "+66812345678", "--sex", "male")
    assert more["outcome"] == "none"
    # The owner has learned of no request: it is not told that the search found this record.
    assert exclusion not in standing(desks, "th")
    assert desks.request(before["hits"][0]["hit_id"]).exit_code == 18


def test_another_subject_still_finds_the_record_and_the_subject_other_records(desks: Desks) -> None:
    record = desks.person(names=[{"text": "Anucha Boonmee"}, {"text": "Prasert Thongdee"}], birth_date="1971-03-04")
    before, _ = search(desks, record)
    excluded(desks, before["hits"][0]["hit_id"])
    other = record | {"names": [{"text": "Prasert Thongdee"}]}
    found, _ = search(desks, other)
    assert found["outcome"] in ("hit", "possible")
    assert set(found["hits"][0]) == KEYS
    by_document = desks.running.search("cn", {"documents": record["documents"]}, peers=["th"]).answers[0]
    assert by_document.outcome == "hit"
    twin = record | {"record_id": "TH-twin", "documents": []}
    desks.load(twin)
    again, screen = search(desks, record)
    assert (again["outcome"] in ("hit", "possible"), len(again["hits"])) == (True, 1)
    assert "reason" not in again
    assert "excluded: not this person" in screen


def test_an_exclusion_holds_when_the_record_changes_and_when_the_epoch_does(tmp_path: Path) -> None:
    with running_federation(tmp_path / "f", ("cn", "th")) as running:
        _holds_over_a_rotation(Desks(running))


def _holds_over_a_rotation(desks: Desks) -> None:
    record = desks.person()
    before, _ = search(desks, record)
    excluded(desks, before["hits"][0]["hit_id"])
    desks.load(record | {"sex": "male"})
    assert search(desks, record)[0]["outcome"] == "none"
    done = desks.desk("epoch", "rotate", "--yes", "--reason", "a test", officer="administrator")
    assert done.exit_code == 0, done.stderr
    old = before["epoch"]
    wait_for(lambda: search(desks, record)[0]["epoch"] > old, "cn takes up the next epoch")
    wait_for(lambda: search(desks, record)[0]["outcome"] == "none", "the links arrive")
    assert "excluded: not this person" in search(desks, record)[1]


def test_an_exclusion_is_taken_back_by_who_made_it_and_the_other_end_is_told(desks: Desks) -> None:
    record = desks.person()
    before, _ = search(desks, record)
    request_id = desks.requested(before["hits"][0]["hit_id"])
    exclusion = excluded(desks, before["hits"][0]["hit_id"], "--ground", "identity-misused")
    wait_for(lambda: exclusion in standing(desks, "th"), "th is told")
    there = standing(desks, "th")[exclusion]
    assert (there["side"], there["peer"], there["made_here"], there["ground"], there["reason"]) == (
        "owner", "cn", False, "identity-misused", "",
    )  # fmt: skip
    assert search(desks, record)[0]["outcome"] == "none"
    assert desks.desk("exclusion", "remove", exclusion, "--reason", "wrong").exit_code == 8
    assert desks.ask("exclusion", "remove", exclusion[:8], "--reason", "they were mixed up").exit_code == 0
    wait_for(lambda: exclusion not in standing(desks, "th"), "th is told")
    assert search(desks, record)[0]["outcome"] == before["outcome"]
    assert desks.ask("exclusion", "remove", exclusion, "--reason", "again").exit_code == 6
    assert desks.show(request_id)["state"] == "taken"
    everything = desks.ask("exclusion", "list", "--all").stdout
    assert "removed" in everything


def test_an_owner_excludes_and_refuses_a_later_request_of_the_pair_by_name(desks: Desks) -> None:
    record = desks.person()
    hit_id = desks.hit(record)
    request_id = desks.requested(hit_id)
    add = ("exclusion", "add", "--request", request_id, "--reason", "stolen papers", "--record")
    assert desks.desk(*add, "TH-none").exit_code == 6
    done = desks.desk(*add, record["record_id"], "--json", officer="approver")
    assert done.exit_code == 0, done.stderr
    exclusion = json.loads(done.stdout)["exclusion_id"]
    wait_for(partial(_told, desks, exclusion), "cn is told")
    assert search(desks, record)[0]["outcome"] == "none"
    # Another way to the same record, in the same case: cn's own list does not know it, th does.
    by_document = desks.hit(record, "documents")
    made = desks.request(by_document)
    assert made.exit_code == 0, made.stderr
    later = json.loads(made.stdout)["request_id"]
    desks.wait(later, "rejected")
    assert desks.show(later)["code"] == "LCG-715"
    for node in ("cn", "th"):
        kinds = [act.kind for act in desks.running.acts(node)]
        assert "exclusion-made" in kinds
        assert "stolen papers" not in str([act.detail for act in desks.running.acts(node)])


def _told(desks: Desks, exclusion: str) -> bool:
    return exclusion in standing(desks, "cn")


def test_words_that_are_wrong_are_named(desks: Desks) -> None:
    hit_id = desks.hit(desks.person())
    for wrong in (["--reason", " "], ["--reason", "x", "--ground", "dislike"]):
        assert desks.ask("exclusion", "add", hit_id, *wrong).exit_code == 2
    assert desks.ask("exclusion", "add", "--reason", "x").exit_code == 2
    assert desks.ask("exclusion", "add", "0" * 16, "--reason", "x").exit_code == 6
    assert desks.ask("exclusion", "add", "xyz", "--reason", "x").exit_code == 6
    assert desks.ask("exclusion", "remove", "../x", "--reason", "x").exit_code == 6
    assert desks.ask("exclusion", "add", hit_id, "--reason", "x", officer="auditor").exit_code == 8
