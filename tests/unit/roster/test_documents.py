"""A roster is one sequence of bytes, and nothing that is not exactly a roster is read as one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import Code, LancangError
from node.model.roster import Alarms, Budget, Disclosures, Member, Policy, Roster, SignedRoster
from node.roster.amendments import amended
from node.roster.documents import (
    canonical_bytes,
    encode_member,
    encode_signed,
    parse_member,
    parse_roster,
    parse_signed,
    policy_values,
    roster_hash,
    unsigned,
)
from node.roster.policy_defaults import default_policy, with_daily_budget
from tests.unit.roster.builders import SIX, agency, roster_of, signed_by

ROSTER = roster_of("cn", "th", "vn")
FILE = encode_signed(signed_by(ROSTER, ("cn", "th")))


def test_a_file_is_read_as_it_was_written() -> None:
    assert parse_signed(FILE) == signed_by(ROSTER, ("cn", "th"))
    assert encode_signed(parse_signed(FILE)) == FILE


def test_a_members_own_entry_is_read_as_it_was_written() -> None:
    member = replace(agency("th").member, revoked=("0" * 64,))
    assert parse_member(encode_member(member)) == member


def test_the_canonical_bytes_are_those_of_rfc_8785() -> None:
    data = canonical_bytes(ROSTER)
    assert rfc8785.dumps(json.loads(data)) == data
    assert data.startswith(b'{"alliance":"mekong","demo":false,"expires_ms":')
    assert roster_hash(ROSTER) == hashlib.sha256(data).digest()


def test_a_fixed_roster_keeps_its_hash() -> None:
    """Members compare hashes by telephone: another version of this program must find the same one."""
    member = Member("th", "ตำรวจ", agency("th").member.role, "th.example:7443", b"CA", b"\x01" * 32, b"\x02" * 32)
    fixed = Roster("mekong", 1, 1, 2, 1, (member,), replace(default_policy(), purposes=("fugitive",)), bytes(32))
    assert canonical_bytes(fixed).decode() == FIXED


FIXED = (
    '{"alliance":"mekong","demo":false,"expires_ms":2,"issued_ms":1,"members":[{"certificate_authority":"Q0E=",'
    '"endpoint":"th.example:7443","name":"ตำรวจ","node_id":"th","revoked":[],"role":"member",'
    '"sealing_key":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",'
    '"signing_key":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="}],'
    '"policy":{"ask_size":64,"asks_per_minute":20,"budget":{"member_day":1280,"member_epoch":9984,"member_hour":640,'
    '"officer_day":640,"officer_epoch":3200,"officer_hour":320},"cover_traffic":false,"epoch_seconds":7776000,'
    '"grace_seconds":604800,"head_seconds":30,"hit_retention_seconds":2592000,"list_cap":256,'
    '"postings_per_record":24,"prior_records":65536,"purposes":["fugitive"],"records_per_delta":8,'
    '"stale_seconds":90},"previous":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","quorum":1,"version":1}'
)


@pytest.mark.parametrize("kind", [Roster, Member, Policy, Budget, Alarms, Disclosures])
def test_every_field_of_the_model_is_signed(kind: type) -> None:
    document = json.loads(canonical_bytes(replace(ROSTER, policy=replace(ROSTER.policy, **UNUSUAL))))
    policy = document["policy"]
    written = {
        Roster: document,
        Member: document["members"][0],
        Policy: policy,
        Budget: policy["budget"],
        Alarms: policy["alarms"],
        Disclosures: policy["disclosures"],
    }[kind]
    assert set(written) == {field.name for field in fields(kind)}


UNUSUAL: dict[str, Any] = {
    "automatic_rosters": True,
    "inspection_seconds": 0,
    "index_records": 7,
    "alarms": Alarms(night_asks=1, numbers_alike=3, empty_requests=4),
    "disclosures": Disclosures(proof_bits=20),
    "inspectors": ("unodc:" + "7" * 64,),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_what_is_at_its_default_is_left_out_so_that_older_rosters_keep_their_hash(name: str) -> None:
    document = json.loads(canonical_bytes(ROSTER))
    assert name not in document["policy"]
    document["policy"][name] = policy_values(ROSTER.policy)[name]
    with pytest.raises(LancangError, match="left out where it is the default"):
        parse_roster(document)


@pytest.mark.parametrize("name", UNUSUAL)
def test_what_is_not_at_its_default_is_signed_and_read_back(name: str) -> None:
    unusual = replace(ROSTER, policy=replace(ROSTER.policy, **{name: UNUSUAL[name]}))
    assert parse_roster(json.loads(canonical_bytes(unusual))) == unusual
    assert roster_hash(unusual) != roster_hash(ROSTER)


def test_inspectors_are_named_once_each_and_found_by_name_and_by_key() -> None:
    first, second = "unodc:" + "7" * 64, "lmlecc:" + "8" * 64
    policy = amended(default_policy(), [f"inspectors={first},{second}"])
    assert policy.inspector("lmlecc") == policy.inspector("8" * 64) == b"\x88" * 32
    assert policy.inspector("interpol") is policy.inspector("") is policy.inspector("9" * 64) is None
    for wrong in (f"{first},{first}", f"{first},unodc:{'8' * 64}", f"{first},x:{'7' * 64}", "unodc", "unodc:77"):
        with pytest.raises(LancangError, match="inspectors"):
            amended(default_policy(), [f"inspectors={wrong}"])


def test_an_alarm_thought_of_later_changes_no_older_roster() -> None:
    """One that set other alarms before there was this one reads as it was, and keeps its hash."""
    older = replace(ROSTER, policy=replace(ROSTER.policy, alarms=Alarms(night_asks=1)))
    document = json.loads(canonical_bytes(older))
    assert "numbers_alike" not in document["policy"]["alarms"]
    assert parse_roster(document) == older
    document["policy"]["alarms"]["numbers_alike"] = Alarms().numbers_alike
    with pytest.raises(LancangError, match="left out where it is the default"):
        parse_roster(document)


def test_one_alarm_is_changed_by_its_name() -> None:
    policy = amended(default_policy(), ["alarms.night_asks=3"])
    assert policy.alarms == Alarms(night_asks=3)
    assert amended(policy, ["alarms.night_asks=6"]) == default_policy()


@settings(max_examples=50)
@given(st.data())
def test_any_difference_changes_the_hash(data: st.DataObject) -> None:
    ids = data.draw(st.lists(st.sampled_from(SIX), min_size=1, unique=True))
    expires = data.draw(st.integers(ROSTER.issued_ms + 1, ROSTER.expires_ms))
    other = replace(roster_of(*ids), expires_ms=expires)
    assert (roster_hash(other) == roster_hash(ROSTER)) == (other == ROSTER)


def edited(change: Callable[[dict[str, Any]], object]) -> bytes:
    document = json.loads(FILE)
    change(document)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (lambda d: d.update(extra=1), "extra: unknown key"),
        (lambda d: d["roster"].update(colour="red"), "roster.colour: unknown key"),
        (lambda d: d["roster"]["members"][1].update(rank=1), "roster.members[1].rank: unknown key"),
        (lambda d: d["roster"]["policy"]["budget"].update(week=1), "roster.policy.budget.week: unknown key"),
        (lambda d: d["roster"].pop("quorum"), "roster.quorum: missing"),
        (lambda d: d["roster"].update(version=0), "roster.version: must be from 1"),
        (lambda d: d["roster"].update(version=True), "roster.version: must be a whole number"),
        (lambda d: d["roster"].update(version=1.0), "a number is not an integer"),
        (lambda d: d["roster"].update(expires_ms=2**60), "roster.expires_ms: must be from"),
        (lambda d: d["roster"].update(demo=1), "roster.demo: must be true or false"),
        (lambda d: d["roster"].update(previous="AAAA"), "roster.previous: must be 32 bytes"),
        (lambda d: d["roster"].update(previous="A" * 42 + "B="), "roster.previous: not canonical base64"),
        (lambda d: d["roster"].update(members=[]), "roster.members: must have 1 to"),
        (lambda d: d["roster"].update(members={}), "roster.members: must be a list"),
        (lambda d: d["roster"]["members"][0].update(role="analyst"), "roster.members[0].role: not of the form"),
        (lambda d: d["roster"]["members"][0].update(node_id="CN"), "roster.members[0].node_id: not of the form"),
        (lambda d: d["roster"]["members"][0].update(name="a\nb"), "roster.members[0].name: not of the form"),
        (lambda d: d["roster"]["members"][0].update(endpoint="cn.example"), "roster.members[0].endpoint: not of"),
        (lambda d: d["roster"]["members"][0].update(endpoint="h:99999"), "roster.members[0].endpoint: the port"),
        (lambda d: d["roster"]["members"][0].update(signing_key="%"), "roster.members[0].signing_key: not base64"),
        (lambda d: d["roster"]["members"][0].update(revoked=["x"]), "roster.members[0].revoked: not of the form"),
        (lambda d: d["roster"]["policy"].update(ask_size=0), "roster.policy.ask_size: must be from 1"),
        (lambda d: d["roster"]["policy"].update(purposes=["x", "x"]), "roster.policy.purposes: a purpose is given"),
        (lambda d: d["roster"]["policy"]["budget"].update(member_day=-1), "roster.policy.budget.member_day: must"),
        (lambda d: d.update(signatures=[]), "signatures: must be an object"),
        (lambda d: d["signatures"].update(th="AAAA"), "signatures.th: must be a list"),
        (lambda d: d["signatures"].update(th=["AAAA"]), "signatures.th: must be 64 bytes"),
        (lambda d: d["signatures"].update(TH=[]), "signatures: not of the form"),
    ],
)
def test_a_file_that_is_not_exactly_a_roster_is_refused_by_name(
    change: Callable[[dict[str, Any]], object], detail: str
) -> None:
    with pytest.raises(LancangError) as caught:
        parse_signed(edited(change))
    assert caught.value.code is Code.ROSTER_INVALID
    assert caught.value.detail.startswith(detail)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"roster":NaN}',
        b'{"roster":{},"roster":{}}',
        b" " * 2_000_000,
        FILE.replace(b'"roster"', b'"\\ud800"'),
    ],
)
def test_bytes_that_are_no_roster_are_refused(data: bytes) -> None:
    with pytest.raises(LancangError) as caught:
        parse_signed(data)
    assert caught.value.code is Code.ROSTER_INVALID


@given(st.integers(0, len(FILE) - 1), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_changes_what_was_read(at: int, value: int) -> None:
    changed = FILE[:at] + bytes([value]) + FILE[at + 1 :]
    assert (read_or_none(changed) == parse_signed(FILE)) == same_json(changed)


def read_or_none(data: bytes) -> SignedRoster | None:
    try:
        return parse_signed(data)
    except LancangError:  # anything else fails the test
        return None


def same_json(data: bytes) -> bool:
    try:
        return bool(json.loads(data) == json.loads(FILE))
    except ValueError:
        return False


def test_what_could_not_be_read_back_is_never_signed() -> None:
    with pytest.raises(LancangError, match=r"roster\.version"):
        unsigned(replace(ROSTER, version=0))


# --- The policy -----------------------------------------------------------------------------------


def test_the_default_policy_is_small_and_valid() -> None:
    policy = default_policy()
    assert unsigned(replace(ROSTER, policy=policy)).roster.policy == policy
    assert policy.budget.member_epoch <= 10_000
    assert {"telecom-fraud", "human-trafficking", "missing-person"} <= set(policy.purposes)


@given(st.integers(0, 10_000_000))
def test_only_the_day_binds_in_a_demo(evaluations: int) -> None:
    policy = with_daily_budget(default_policy(), evaluations)
    budget = policy.budget
    days = (policy.epoch_seconds + policy.grace_seconds) // 86_400
    assert budget.member_day == budget.officer_day == evaluations
    assert budget.member_hour >= evaluations
    assert budget.officer_epoch >= evaluations * days
    assert policy.asks_per_minute * policy.ask_size >= evaluations - policy.ask_size
    assert unsigned(replace(ROSTER, policy=policy)).roster.policy == policy


def test_a_negative_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        with_daily_budget(default_policy(), -1)
