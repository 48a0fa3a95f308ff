"""Probing raises an alarm at both ends, once; it outlives a restart, is closed by name, and the log names nobody."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from node.model.roster import Budget
from node.roster.policy_defaults import default_policy
from tests.support.federation import SILENT, RunningFederation, running_federation, wait_for

NAME = "Somchai Jaidee"
# Four asks of one officer a day, and the fifth is refused.
FOUR = Budget(member_hour=256, member_day=256, member_epoch=256, officer_hour=256, officer_day=256, officer_epoch=256)
RULES = replace(SILENT, dates_per_name=3, officer_asks=4, budget_refusals=1)


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFederation]:
    """An officer of cn tries five birth dates of one man at th; the last ask is beyond the budget."""
    policy = replace(default_policy(), budget=FOUR, alarms=RULES)
    with running_federation(tmp_path_factory.mktemp("alarms") / "f", ("cn", "th"), policy) as running:
        for day in range(1, 6):
            running.search("cn", {"names": [{"text": NAME}], "birth_date": f"1980-05-{day:02d}"}, case=f"C-{day}")
        yield running


def alarms(nodes: RunningFederation, node: str, *more: str) -> dict[str, dict[str, Any]]:
    """A node's alarms by kind, as its auditor lists them."""
    shown = nodes.command("--as", "auditor", "alarms", "list", "--json", *more, home=node)
    assert shown.returncode == 0, shown.stderr
    return {alarm["kind"]: alarm for alarm in json.loads(shown.stdout)["alarms"]}


def metric(nodes: RunningFederation, node: str, name: str) -> dict[str, float]:
    """A metric of a node, by its labels."""
    address = json.loads(nodes.node(node).home.run.read_text())["metrics"]
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as page:
        lines = page.read().decode().splitlines()
    return {line.split(" ")[0]: float(line.split(" ")[1]) for line in lines if line.startswith(name + "{")}


def test_the_requester_is_told_of_its_officer_and_the_owner_of_a_pseudonym(probed: RunningFederation) -> None:
    both = {"birth-dates-over-one-name", "budget-spent-there"}
    wait_for(lambda: set(alarms(probed, "cn")) == both, "cn's alarms")
    both = {"many-asks-of-one-officer", "budget-spent-here"}
    wait_for(lambda: set(alarms(probed, "th", "--all")) == both, "th's alarms")
    dates = alarms(probed, "cn")["birth-dates-over-one-name"]
    assert (dates["officer"], dates["number"], dates["threshold"], dates["peer"]) == ("analyst", 5, 3, "")
    asks = alarms(probed, "th", "--all")["many-asks-of-one-officer"]
    assert (asks["peer"], asks["number"]) == ("cn", 4)
    assert asks["officer"] != "analyst"
    assert len(asks["officer"]) == 32
    doctor = probed.command("doctor", "--json", home="th")
    assert doctor.returncode == 20
    assert " open" in doctor.stdout
    assert "budget-spent-here" not in doctor.stdout


def test_an_alarm_is_an_act_and_a_metric_and_names_nobody(probed: RunningFederation) -> None:
    wait_for(lambda: len(alarms(probed, "cn")) == 2, "cn's alarms")
    raised = [json.loads(act.detail) for act in probed.acts("cn") if act.kind == "alarm-raised"]
    assert sorted(each["kind"] for each in raised) == ["birth-dates-over-one-name", "budget-spent-there"]
    opened = metric(probed, "cn", "lancang_alarms_open")
    assert opened['lancang_alarms_open{kind="birth-dates-over-one-name"}'] == 1
    assert opened['lancang_alarms_open{kind="night-asks"}'] == 0
    log = probed.node("cn").home.log.read_text(encoding="utf-8")
    assert '"kind": "birth-dates-over-one-name"' in log
    said = log + json.dumps(raised) + json.dumps(opened)
    assert "Somchai" not in said
    assert "1980-05" not in said
    assert "analyst" not in "".join(line for line in log.splitlines() if '"event": "alarm"' in line)


def test_an_alarm_outlives_a_restart_and_is_closed_by_name(probed: RunningFederation) -> None:
    wait_for(lambda: len(alarms(probed, "th", "--all")) == 2, "th's alarms")
    probed.kill("th")
    probed.start("th")
    probed.wait_serving("th")
    before = alarms(probed, "th")["many-asks-of-one-officer"]
    number = str(before["alarm"])
    refused = probed.command("alarms", "--as", "analyst", "ack", number, "--note", "x", home="th")
    assert refused.returncode == 8
    closed = probed.command("--as", "administrator", "alarms", "ack", number, "--note", "a joint raid", home="th")
    assert closed.returncode == 0, closed.stderr
    again = probed.command("--as", "auditor", "alarms", "ack", number, "--note", "me too", home="th")
    assert again.returncode == 2
    assert "administrator has acknowledged it" in again.stderr
    kept = alarms(probed, "th", "--all")["many-asks-of-one-officer"]
    assert (kept["acknowledged_by"], kept["note"]) == ("administrator", "a joint raid")
    acts = [act for act in probed.acts("th") if act.kind == "alarm-acknowledged"]
    assert [(act.actor, json.loads(act.detail)["note"]) for act in acts] == [("administrator", "a joint raid")]
    assert "many-asks-of-one-officer" not in alarms(probed, "th")
    assert "No open alarm" not in probed.command("--as", "auditor", "alarms", "list", home="th").stdout
