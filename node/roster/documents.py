"""The roster as a document: canonical JSON (RFC 8785) to be signed and hashed, and the file that carries signatures.

Binary fields are base64. Reading is strict: bounds on everything, unknown and repeated keys refused by name.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, fields
from typing import Any, Final

import rfc8785

from certs.profiles import LABEL
from node.model.encoding import LATEST_MS
from node.model.officer import NODE_ROLES, Role
from node.model.roster import Alarms, Budget, Disclosures, Member, Policy, Roster, SignedRoster
from node.roster.fields import Fields, checked_text, decode_binary, encode_binary, invalid, load_json

MAX_ROSTER_BYTES = 1 << 20
MAX_MEMBERS = 64
MAX_PURPOSES = 64
MAX_REVOKED = 1024
MAX_INSPECTORS = 64
MAX_BUDGET = 10**12
YEAR_SECONDS = 366 * 86_400

_PURPOSE = re.compile(r"[a-z](?:[a-z0-9-]{0,62}[a-z0-9])?")
_NAME = re.compile(r"[^\s\x00-\x1f\x7f-\x9f](?:[^\x00-\x1f\x7f-\x9f]{0,78}[^\s\x00-\x1f\x7f-\x9f])?")
_ENDPOINT = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9a-f:]{2,39}\]):[1-9][0-9]{0,4}")
_ROLE = re.compile("|".join(sorted(role.value for role in NODE_ROLES)))
_INSPECTOR = re.compile(r"[a-z](?:[a-z0-9-]{0,62}[a-z0-9])?:[0-9a-f]{64}")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")

# The bounds of each number in a policy: those the bytes of protocol.md leave room for, and what a node can serve.
_POLICY_BOUNDS: dict[str, tuple[int, int]] = {
    "asks_per_minute": (1, 1_000_000),
    "postings_per_record": (1, 255),
    "records_per_delta": (1, 255),
    "list_cap": (1, 65_535),
    "ask_size": (1, 64),
    "prior_records": (0, 2**40),
    "epoch_seconds": (60, YEAR_SECONDS),
    "grace_seconds": (1, YEAR_SECONDS),
    "hit_retention_seconds": (60, 10 * YEAR_SECONDS),
    "stale_seconds": (1, 86_400),
    "head_seconds": (1, 86_400),
    "inspection_seconds": (0, 2 * YEAR_SECONDS),
    "index_records": (1, 2**27),
}

# An alarm that is never to come is set to more than a budget allows.
_MOST = 1_000_000
_ALARM_BOUNDS: dict[str, tuple[int, int]] = {
    "night_from_hour": (0, 23),
    "night_hours": (1, 24),
    "night_asks": (1, _MOST),
    "rate_factor": (2, 1_000),
    "rate_asks": (1, _MOST),
    "officer_asks": (1, _MOST),
    "single_ask_cases": (2, _MOST),
    "dates_per_name": (2, _MOST),
    "names_per_date": (2, _MOST),
    "possible_hits": (1, _MOST),
    "budget_refusals": (1, _MOST),
    "window_seconds": (3_600, 90 * 86_400),
}
_LATER_ALARMS: dict[str, tuple[int, int]] = {"numbers_alike": (2, _MOST), "empty_requests": (1, _MOST)}
"""Alarms thought of later: left out where they are at their default, also where others are not."""

_DISCLOSURE_BOUNDS: dict[str, tuple[int, int]] = {
    "proof_bits": (1, 64),
    "urgent_seconds": (60, 30 * 86_400),
    "priority_seconds": (60, 90 * 86_400),
    "routine_seconds": (60, 90 * 86_400),
    "core_seconds": (60, 90 * 86_400),
    "request_seconds": (60, YEAR_SECONDS),
    "most_open": (1, _MOST),
    "longest_retention_seconds": (60, 10 * YEAR_SECONDS),
    "kept_seconds": (60, 20 * YEAR_SECONDS),
}


_LEFT_OUT: Final[dict[str, Any]] = {
    "automatic_rosters": False,
    "inspection_seconds": 30 * 86_400,
    "index_records": 20_000_000,
    "alarms": asdict(Alarms()),
    "disclosures": asdict(Disclosures()),
    "inspectors": [],
}
"""What a roster has only where it differs from this: one way to write one thing."""


def canonical_bytes(roster: Roster) -> bytes:
    """The roster in canonical JSON: what is hashed and signed."""
    return rfc8785.dumps(_roster_document(roster))


def roster_hash(roster: Roster) -> bytes:
    """SHA-256 of the canonical bytes: 32 bytes."""
    return hashlib.sha256(canonical_bytes(roster)).digest()


def unsigned(roster: Roster) -> SignedRoster:
    """The roster with its hash and no signature yet. Raises ROSTER_INVALID if it could not be read back."""
    if parse_roster(_roster_document(roster)) != roster:
        raise invalid("roster", "does not survive its own document")
    return SignedRoster(roster, roster_hash(roster), ())


def encode_signed(signed: SignedRoster) -> bytes:
    """The roster file: readable JSON, signatures by node id. A member that changes its key signs with both keys."""
    signatures: dict[str, list[str]] = {}
    for node_id, signature in signed.signatures:
        signatures.setdefault(node_id, []).append(encode_binary(signature))
    document = {"roster": _roster_document(signed.roster), "signatures": signatures}
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def parse_signed(data: bytes) -> SignedRoster:
    """Read a roster file. The hash is computed, no signature is checked. Raises ROSTER_INVALID."""
    document = Fields.of(load_json(data, MAX_ROSTER_BYTES), "")
    roster = parse_roster(document.take("roster"))
    found = document.take("signatures")
    document.finish()
    if not isinstance(found, dict) or len(found) > 2 * MAX_MEMBERS:
        raise invalid("signatures", "must be an object with an entry a member")
    signatures: list[tuple[str, bytes]] = []
    for node_id, listed in sorted(found.items()):
        checked_text(node_id, "signatures", LABEL)
        if not isinstance(listed, list) or not 1 <= len(listed) <= 2:
            raise invalid(f"signatures.{node_id}", "must be a list of one or two signatures")
        signatures.extend((node_id, decode_binary(each, f"signatures.{node_id}", 64, 64)) for each in listed)
    return SignedRoster(roster, roster_hash(roster), tuple(signatures))


def encode_member(member: Member) -> bytes:
    """A member's own entry as a file, to be handed to the coordinator."""
    return (json.dumps(_member_document(member), indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def parse_member(data: bytes) -> Member:
    """Read a member's own entry. Raises ROSTER_INVALID."""
    return _member(load_json(data, MAX_ROSTER_BYTES), "member")


def parse_roster(document: object) -> Roster:
    """Read a roster from parsed JSON. Raises ROSTER_INVALID naming the field."""
    read = Fields.of(document, "roster")
    members = read.list("members", 1, MAX_MEMBERS)
    roster = Roster(
        alliance=read.text("alliance", LABEL),
        version=read.integer("version", 1, 2**32 - 1),
        issued_ms=read.integer("issued_ms", 0, LATEST_MS),
        expires_ms=read.integer("expires_ms", 1, LATEST_MS),
        quorum=read.integer("quorum", 1, MAX_MEMBERS),
        members=tuple(_member(each, f"roster.members[{index}]") for index, each in enumerate(members)),
        policy=_policy(read.object("policy")),
        previous=read.binary("previous", 32),
        demo=read.flag("demo"),
    )
    read.finish()
    return roster


def _roster_document(roster: Roster) -> dict[str, Any]:
    return {
        "alliance": roster.alliance,
        "version": roster.version,
        "issued_ms": roster.issued_ms,
        "expires_ms": roster.expires_ms,
        "quorum": roster.quorum,
        "members": [_member_document(member) for member in roster.members],
        "policy": policy_document(roster.policy),
        "previous": encode_binary(roster.previous),
        "demo": roster.demo,
    }


def _member_document(member: Member) -> dict[str, Any]:
    return {
        "node_id": member.node_id,
        "name": member.name,
        "role": member.role.value,
        "endpoint": member.endpoint,
        "certificate_authority": encode_binary(member.certificate_authority),
        "signing_key": encode_binary(member.signing_key),
        "sealing_key": encode_binary(member.sealing_key),
        "revoked": list(member.revoked),
    }


def _member(document: object, place: str) -> Member:
    read = Fields.of(document, place)
    revoked = read.list("revoked", 0, MAX_REVOKED)
    member = Member(
        node_id=read.text("node_id", LABEL),
        name=read.text("name", _NAME),
        role=Role(read.text("role", _ROLE)),
        endpoint=read.text("endpoint", _ENDPOINT),
        certificate_authority=read.binary("certificate_authority", 1, 16_384),
        signing_key=read.binary("signing_key", 32),
        sealing_key=read.binary("sealing_key", 32),
        revoked=tuple(checked_text(each, f"{place}.revoked", _FINGERPRINT) for each in revoked),
    )
    read.finish()
    if int(member.endpoint.rpartition(":")[2]) > 65_535:
        raise invalid(f"{place}.endpoint", "the port must be at most 65535")
    return member


def policy_document(policy: Policy) -> dict[str, Any]:
    """A policy as it stands in the roster: what is at its default and was thought of later is left out."""
    return without_defaults(policy_values(policy))


def without_defaults(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a policy without those that a roster leaves out: rosters signed before them keep their hash."""
    kept = {name: value for name, value in values.items() if name not in _LEFT_OUT or value != _LEFT_OUT[name]}
    if "alarms" in kept:
        default = _LEFT_OUT["alarms"]
        kept["alarms"] = {
            name: value for name, value in kept["alarms"].items() if name not in _LATER_ALARMS or value != default[name]
        }
    return kept


def policy_values(policy: Policy) -> dict[str, Any]:
    """Every value of a policy by its name, defaults too."""
    return {
        "purposes": list(policy.purposes),
        "budget": {each.name: getattr(policy.budget, each.name) for each in fields(Budget)},
        "cover_traffic": policy.cover_traffic,
        "automatic_rosters": policy.automatic_rosters,
        "alarms": asdict(policy.alarms),
        "disclosures": asdict(policy.disclosures),
        "inspectors": list(policy.inspectors),
        **{name: getattr(policy, name) for name in _POLICY_BOUNDS},
    }


def parse_policy(document: object) -> Policy:
    """Read a policy from parsed JSON. Raises ROSTER_INVALID naming the field."""
    return _policy(Fields.of(document, "policy"))


def _policy(read: Fields) -> Policy:
    written = [name for name in _LEFT_OUT if read.has(name)]
    purposes = tuple(
        checked_text(each, read.at("purposes"), _PURPOSE) for each in read.list("purposes", 1, MAX_PURPOSES)
    )
    if len(set(purposes)) != len(purposes):
        raise invalid(read.at("purposes"), "a purpose is given twice")
    budget = read.object("budget")
    amounts = {each.name: budget.integer(each.name, 0, MAX_BUDGET) for each in fields(Budget)}
    budget.finish()
    numbers = {
        name: read.integer(name, low, high)
        for name, (low, high) in _POLICY_BOUNDS.items()
        if name not in _LEFT_OUT or name in written
    }
    policy = Policy(
        purposes=purposes,
        budget=Budget(**amounts),
        cover_traffic=read.flag("cover_traffic"),
        automatic_rosters="automatic_rosters" in written and read.flag("automatic_rosters"),
        alarms=_alarms(read.object("alarms")) if "alarms" in written else Alarms(),
        disclosures=_disclosures(read.object("disclosures")) if "disclosures" in written else Disclosures(),
        inspectors=_inspectors(read) if "inspectors" in written else (),
        **numbers,
    )
    read.finish()
    values = policy_values(policy)
    for name in written:
        if values[name] == _LEFT_OUT[name]:
            raise invalid(read.at(name), "is left out where it is the default")
    return policy


def _inspectors(read: Fields) -> tuple[str, ...]:
    place = read.at("inspectors")
    found = tuple(checked_text(each, place, _INSPECTOR) for each in read.list("inspectors", 0, MAX_INSPECTORS))
    for part in (0, 2):
        if len({each.partition(":")[part] for each in found}) != len(found):
            raise invalid(place, "a name or a key is given twice")
    return found


def _alarms(read: Fields) -> Alarms:
    written = {name: bounds for name, bounds in _LATER_ALARMS.items() if read.has(name)}
    bounds = {**_ALARM_BOUNDS, **written}
    found = Alarms(**{name: read.integer(name, low, high) for name, (low, high) in bounds.items()})
    read.finish()
    for name in written:
        if getattr(found, name) == _LEFT_OUT["alarms"][name]:
            raise invalid(read.at(name), "is left out where it is the default")
    return found


def _disclosures(read: Fields) -> Disclosures:
    found = Disclosures(**{name: read.integer(name, low, high) for name, (low, high) in _DISCLOSURE_BOUNDS.items()})
    read.finish()
    return found
