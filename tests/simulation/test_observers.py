"""Observers hold no records, vouch for logs, see counts without people; and every other door is closed to them."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from node.acts.founding.found_federation import found_federation
from node.clock import SystemClock
from node.model.officer import NODE_ROLES, Role
from node.peers.channel import Identity
from node.policy.permissions import MAY_CALL
from node.roster.documents import parse_signed
from node.storage.keystore import open_keystore
from tests.support.disclosing import Desks
from tests.support.federation import RunningFederation, roomy_policy, wait_for
from tests.support.hostile_calls import Caller, Refusal, RefusedError, calling

DAY = 86_400_000
PEER_METHODS = sorted(name for name, roles in MAY_CALL.items() if roles & NODE_ROLES)
REFUSED = [name for name in PEER_METHODS if Role.OBSERVER not in MAY_CALL[name]]
OFFICERS = sorted(name for name in MAY_CALL if "Operator" in name)


@dataclass(slots=True)
class Watched:
    """cn and th, watched by interpol; all under a clock that the test moves."""

    desks: Desks
    clock: Path

    def observer(self, *arguments: str, officer: str = "analyst") -> Any:
        """A command at interpol."""
        home = str(self.desks.running.node("interpol").home.path)
        return self.desks.shell({}).invoke(self.desks.app, ["--home", home, "--as", officer, *arguments])


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Two members and an observer."""
    directory = tmp_path_factory.mktemp("observers")
    clock = directory / "clock"
    clock.write_text("0")
    founded = found_federation(
        directory / "f", ("cn", "th"), roomy_policy(), SystemClock().now_ms(), observers=("interpol",)
    )
    running = RunningFederation(founded, {"LANCANG_TEST_CLOCK": str(clock)})
    try:
        running.start()
        running.wait_serving()
        running.wait_in_sync()
        yield Watched(Desks(running), clock)
    finally:
        running.stop()


def test_an_observer_sees_counts_of_a_month_that_is_over_and_no_small_ones(watched: Watched) -> None:
    desks = watched.desks
    record = desks.person()
    for number in range(6):
        desks.running.search("cn", {"names": record["names"]}, case=f"C-{number}", peers=["th"])
    desks.running.search("cn", {"names": record["names"]}, purpose="missing-person", peers=["th"])
    month = datetime.now(UTC).strftime("%Y-%m")
    running_still = watched.observer("counts", month)
    assert running_still.exit_code == 4
    assert "is not over yet" in running_still.output
    next_month = (datetime.now(UTC).replace(day=1) + timedelta(days=32)).replace(day=1)
    watched.clock.write_text(str(int((next_month - datetime.now(UTC)).total_seconds() * 1000) + DAY // 24))
    shown = watched.observer("counts", month, "--json")
    assert shown.exit_code == 0, shown.output
    (th,) = [owner for owner in json.loads(shown.stdout)["owners"] if owner["owner"] == "th"]
    cells = {(cell["counted"], cell["requester"], cell["purpose"]): cell["number"] for cell in th["cells"]}
    assert cells["asks", "cn", "telecom-fraud"] >= 6
    assert cells["asks", "cn", "missing-person"] is None
    assert cells["asks", "cn", ""] is None
    assert "hidden" in watched.observer("counts", month).output
    # A member is told nothing of another one.
    assert desks.ask("counts", month).exit_code == 4
    watched.clock.write_text("0")


def test_an_observer_vouches_for_the_logs_of_members(watched: Watched) -> None:
    def vouched() -> bool:
        made = watched.desks.ask("audit", "checkpoint", "--json", officer="auditor")
        found = {one["witness"]: one["size"] for one in json.loads(made.stdout)["witnesses"]}
        return bool(found.get("interpol"))

    wait_for(vouched, "interpol vouches for cn's log")


@contextmanager
def _as_observer(watched: Watched) -> Iterator[Caller]:
    """th's door for nodes, under interpol's certificate."""
    running = watched.desks.running
    observer, owner = running.node("interpol"), running.node("th")
    keys = open_keystore(observer.home.keystore, "interpol", observer.secret_file.read_bytes().strip())
    identity = Identity(observer.home.node_certificate.read_bytes(), keys.tls_key_pem)
    root = ssl.PEM_cert_to_DER_cert(owner.home.ca_certificate.read_text())
    with calling(str(owner.endpoint), "th", root, identity) as caller:
        yield caller


def _refusal(caller: Caller, method: str) -> Refusal:
    with pytest.raises(RefusedError) as refused:
        caller.unary(method, b"")
    return refused.value.refusal


def test_every_other_method_of_a_member_refuses_an_observer(watched: Watched) -> None:
    assert len(REFUSED) > 3
    with _as_observer(watched) as caller:
        refused = {method: _refusal(caller, method) for method in REFUSED}
    denied = {(refusal.code, refusal.status) for refusal in refused.values()}
    assert denied == {("LCG-203", grpc.StatusCode.PERMISSION_DENIED)}


def test_no_officers_method_is_at_the_door_for_nodes(watched: Watched) -> None:
    assert len(OFFICERS) > 20
    with _as_observer(watched) as caller:
        assert {_refusal(caller, method).status for method in OFFICERS} == {grpc.StatusCode.UNIMPLEMENTED}


def test_an_observer_can_not_search_and_is_not_searched(watched: Watched) -> None:
    found = watched.observer("search", "--name", "Somchai", "--purpose", "telecom-fraud", "--case", "K")
    assert (found.exit_code, "LCG-203" in found.stderr) == (8, True)
    roster = parse_signed(watched.desks.running.node("cn").home.roster.read_bytes()).roster
    assert [member.node_id for member in roster.holders()] == ["cn", "th"]
    answers = watched.desks.running.search("cn", {"names": [{"text": "Somchai"}]}).answers
    assert {answer.node for answer in answers} == {"th"}
