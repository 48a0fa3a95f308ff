"""Passing on what was given: the owner is asked, two of its officers grant it or one refuses, and `never` is never."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.support.disclosing import GIVEN, Desks
from tests.support.federation import running_federation, wait_for

ASK = ("--to", "VN", "--reason", "the same ring works from Hanoi")


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """cn, th and vn, running."""
    with running_federation(tmp_path_factory.mktemp("onward") / "f", ("cn", "th", "vn")) as running:
        yield Desks(running)


def given(desks: Desks, *conditions: str) -> str:
    """A disclosure under these conditions; its id."""
    request_id = desks.requested(desks.hit(desks.person()), "--fields", "names")
    for done in (
        desks.approve(request_id, *GIVEN, *conditions),
        desks.approve(request_id, officer="approver"),
    ):
        assert done.exit_code == 0, done.stderr
    desks.wait(request_id, "disclosed")
    return request_id


def asked(desks: Desks, request_id: str) -> str:
    """Ask to pass it on to vn, and wait until th has that; its id."""
    done = desks.ask("disclosure", "onward", request_id, *ASK, "--json")
    assert done.exit_code == 0, done.stderr
    onward_id = str(json.loads(done.stdout)["onward_id"])
    wait_for(partial(_came, desks, onward_id), "th has it in its inbox")
    return onward_id


def _came(desks: Desks, onward_id: str) -> bool:
    inbox = json.loads(desks.desk("inbox", "--json").stdout)["onward"]
    return onward_id in {one["onward_id"] for one in inbox}


def stands(desks: Desks, request_id: str) -> dict[str, Any]:
    """The newest asking, as the disclosure at the requester shows it."""
    return dict(desks.show(request_id)["onward"][0])


def test_two_officers_grant_that_it_is_passed_on_and_it_is_kept_with_the_disclosure(desks: Desks) -> None:
    request_id = given(desks, "--onward", "ask")
    onward_id = asked(desks, request_id)
    assert "Hanoi" in desks.desk("onward", "show", onward_id[:8]).stdout
    assert "VN" in desks.desk("inbox").stdout
    assert desks.desk("onward", "approve", onward_id, "--yes").exit_code == 0
    same = desks.desk("onward", "approve", onward_id, "--yes")
    assert "It is granted once" in same.stdout
    assert stands(desks, request_id)["state"] == "asked"
    done = desks.desk("onward", "approve", onward_id, "--yes", officer="approver")
    assert "may pass it on to VN" in done.stdout
    wait_for(lambda: stands(desks, request_id)["state"] == "granted", "cn has the grant")
    assert "granted" in desks.ask("disclosure", "show", request_id).stdout
    for node, kinds in (("cn", {"onward-asked", "onward-granted"}), ("th", {"onward-received", "onward-granted"})):
        acts = [act for act in desks.running.acts(node) if act.kind in kinds]
        assert {act.kind for act in acts} == kinds
        assert "Hanoi" not in str([act.detail for act in acts])
    late = desks.desk("onward", "refuse", onward_id, "--ground", "disproportionate", "--yes")
    assert (late.exit_code, "LCG-706" in late.stderr) == (18, True)


def test_one_officer_refuses_on_a_ground(desks: Desks) -> None:
    request_id = given(desks, "--onward", "ask")
    onward_id = asked(desks, request_id)
    assert desks.desk("onward", "refuse", onward_id, "--ground", "because", "--yes").exit_code == 2
    done = desks.desk("onward", "refuse", onward_id, "--ground", "danger-to-a-person", "--yes", officer="approver")
    assert done.exit_code == 0, done.stderr
    wait_for(lambda: stands(desks, request_id)["state"] == "refused", "cn is told")
    assert stands(desks, request_id)["code"] == "danger-to-a-person"


def test_what_may_never_be_passed_on_is_not_even_asked_for(desks: Desks) -> None:
    request_id = given(desks)
    done = desks.ask("disclosure", "onward", request_id, *ASK)
    assert (done.exit_code, "LCG-717" in done.stderr) == (18, True)
    assert not desks.show(request_id)["onward"]


def test_nothing_is_asked_of_what_is_not_held_or_for_whom_it_can_not_be(desks: Desks) -> None:
    waiting = desks.requested(desks.hit(desks.person()))
    assert desks.ask("disclosure", "onward", waiting, *ASK).exit_code == 18
    request_id = given(desks, "--onward", "ask")
    for third in ("TH", "CN", "XX"):
        assert desks.ask("disclosure", "onward", request_id, "--to", third, "--reason", "x").exit_code == 2
    assert desks.ask("disclosure", "onward", request_id, "--to", "VN", "--reason", " ").exit_code == 2
    assert desks.ask("disclosure", "onward", "0" * 16, *ASK).exit_code == 6


@pytest.mark.parametrize("officer", ["auditor", "administrator"])
def test_an_auditor_and_an_administrator_decide_nothing(desks: Desks, officer: str) -> None:
    assert desks.desk("onward", "approve", "00", "--yes", officer=officer).exit_code == 8
