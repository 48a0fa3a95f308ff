"""What a new roster changes, in words: nothing is left out, and nothing is said that does not change."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from node.errors import Code, LancangError
from node.model.officer import Role
from node.model.roster import Budget, Member, Policy, Roster
from node.roster.amendments import amended
from node.roster.differences import differences
from node.roster.policy_defaults import default_policy
from tests.unit.roster.builders import agency, roster_of

OLD = roster_of()


def changed(**values: object) -> Roster:
    """The roster with one member changed."""
    members = tuple(
        replace(each, **values) if each.node_id == "th" else each  # type: ignore[arg-type]  # fields of a Member
        for each in OLD.members
    )
    return replace(OLD, members=members)


def test_a_roster_that_only_lives_anew_says_until_when() -> None:
    assert differences(OLD, replace(OLD, version=2)) == []
    (said,) = differences(OLD, replace(OLD, version=2, expires_ms=OLD.expires_ms + 86_400_000))
    assert said.startswith("It is valid until ")


def test_what_only_differs_within_a_day_is_said_to_the_second() -> None:
    (said,) = differences(OLD, replace(OLD, version=2, expires_ms=OLD.expires_ms + 1_000))
    until, before = said.removeprefix("It is valid until ").removesuffix(").").split(" (was ")
    assert until != before
    (said,) = differences(OLD, replace(OLD, version=2, expires_ms=OLD.expires_ms + 86_400_000))
    assert "UTC" not in said


def test_who_joins_and_who_leaves_is_said_with_what_it_means() -> None:
    staying = tuple(each for each in OLD.members if each.node_id != "vn")
    new = replace(OLD, members=(*staying, agency("sg").member))
    joins, leaves = differences(OLD, new)
    assert joins == "SG (Police of SG) joins as member, at sg.example:7443."
    assert leaves.startswith("VN (Police of VN) leaves: its streams and asks end at once")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "Royal Police"}, "TH is called Royal Police (was Police of TH)."),
        ({"role": Role.OBSERVER}, "TH becomes observer (was member)."),
        ({"endpoint": "th.example:8443"}, "TH is called at th.example:8443 (was th.example:7443)."),
        ({"certificate_authority": b"der"}, "TH has a new certificate authority"),
        ({"signing_key": bytes(32)}, "TH has a new signing key"),
        ({"sealing_key": bytes(32)}, "TH has a new sealing key."),
        ({"revoked": ("0" * 64,)}, "TH revokes 1 more certificate."),
    ],
)
def test_every_change_of_a_member_is_said(values: dict[str, object], said: str) -> None:
    assert {field.name for field in fields(Member)} >= values.keys()
    assert differences(OLD, changed(**values))[0].startswith(said)


def test_a_revocation_that_is_taken_back_is_said() -> None:
    (said,) = differences(changed(revoked=("0" * 64,)), OLD)
    assert "no longer lists 1 revoked certificate" in said


@pytest.mark.parametrize(
    "name",
    [
        field.name
        for field in fields(Policy)
        if field.name not in {"alarms", "budget", "disclosures", "inspectors", "purposes"}
    ],
)
def test_every_number_and_flag_of_the_policy_is_said(name: str) -> None:
    value = getattr(OLD.policy, name)
    other = (not value) if isinstance(value, bool) else value + 1
    (said,) = differences(OLD, replace(OLD, policy=replace(OLD.policy, **{name: other})))  # type: ignore[arg-type]  # fields of a Policy
    assert said.startswith(f"Policy: {name} is ")


@pytest.mark.parametrize("name", [field.name for field in fields(Budget)])
def test_every_budget_is_said(name: str) -> None:
    budget = replace(OLD.policy.budget, **{name: 1})
    (said,) = differences(OLD, replace(OLD, policy=replace(OLD.policy, budget=budget)))
    assert said.startswith(f"Policy: budget.{name} is 1 (was ")


def test_purposes_are_said_by_what_is_added_and_dropped() -> None:
    policy = amended(OLD.policy, ["purposes=fugitive,stolen-vehicle"])
    (said,) = differences(OLD, replace(OLD, policy=policy))
    assert said.startswith("Policy: purposes adds stolen-vehicle and drops cyber-crime, ")


def test_an_inspector_who_is_sent_is_said() -> None:
    (said,) = differences(OLD, replace(OLD, policy=amended(OLD.policy, [f"inspectors=unodc:{'7' * 64}"])))
    assert said == f"Policy: inspectors adds unodc:{'7' * 64}."


def test_what_binds_from_the_next_epoch_on_is_said_to() -> None:
    (said,) = differences(OLD, replace(OLD, policy=replace(OLD.policy, ask_size=32)))
    assert said == "Policy: ask_size is 32 (was 64). It binds each owner from its next epoch on."


def test_a_policy_is_changed_by_the_names_that_the_roster_gives() -> None:
    policy = amended(default_policy(), ["budget.member_day=7", "cover_traffic=true", "ask_size=32"])
    assert (policy.budget.member_day, policy.cover_traffic, policy.ask_size) == (7, True, 32)
    assert amended(policy, ["automatic_rosters=true"]).automatic_rosters
    assert not amended(policy, ["automatic_rosters=false"]).automatic_rosters


@pytest.mark.parametrize(
    ("amendment", "code"),
    [
        ("bugdet.member_day=7", Code.INPUT_INVALID),
        ("budget=7", Code.INPUT_INVALID),
        ("ask_size", Code.INPUT_INVALID),
        ("ask_size=many", Code.INPUT_INVALID),
        ("cover_traffic=1", Code.INPUT_INVALID),
        ("ask_size=65", Code.ROSTER_INVALID),
        ("purposes=", Code.ROSTER_INVALID),
    ],
)
def test_a_policy_that_is_misspelt_or_out_of_bounds_is_refused(amendment: str, code: Code) -> None:
    with pytest.raises(LancangError) as refused:
        amended(default_policy(), [amendment])
    assert refused.value.code is code


def test_an_alarms_threshold_is_said() -> None:
    (said,) = differences(OLD, replace(OLD, policy=amended(OLD.policy, ["alarms.night_asks=3"])))
    assert said.startswith("Policy: alarms.night_asks is 3 (was 6)")


def test_a_rule_of_disclosures_is_said() -> None:
    (said,) = differences(OLD, replace(OLD, policy=amended(OLD.policy, ["disclosures.proof_bits=20"])))
    assert said.startswith("Policy: disclosures.proof_bits is 20 (was 12)")
