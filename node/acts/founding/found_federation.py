"""Founding a whole federation on one machine, for demos and tests: all members, a demo roster, loopback addresses.

DIR/federation.json     who is in it and where it listens
DIR/th ...              one home a member, whose node.toml names its secret
DIR/secrets/th ...      the members' secrets, mode 0600; a real one never lies on the same disk
"""

from __future__ import annotations

import json
import random
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from node.acts.founding.found import MemberPlan, appearing, found_member
from node.config import Address, Home
from node.errors import Code, LancangError
from node.model.officer import Role
from node.model.roster import Policy, Roster
from node.roster.documents import unsigned
from node.roster.installed import install_roster
from node.roster.signing import sign_roster
from node.storage.durable_files import write_durably

PORT = 7443
MAX_NODES = 64
ROSTER_LIFETIME_MS = 365 * 86_400_000
FILE_VERSION = 1

_NAMES = {
    "cn": "China",
    "kh": "Cambodia",
    "la": "Laos",
    "mm": "Myanmar",
    "th": "Thailand",
    "vn": "Viet Nam",
    "interpol": "INTERPOL",
    "unodc": "UNODC",
    "lmlecc": "Lancang-Mekong Law Enforcement Cooperation Centre",
}


@dataclass(frozen=True, slots=True)
class FederationNode:
    """One node of a federation on this machine."""

    node_id: str
    home: Home
    endpoint: Address
    secret_file: Path


@dataclass(frozen=True, slots=True)
class Federation:
    """A federation on this machine, in the order of its members."""

    directory: Path
    alliance: str
    nodes: tuple[FederationNode, ...]


def found_federation(
    directory: Path,
    node_ids: Sequence[str],
    policy: Policy,
    now_ms: int,
    *,
    alliance: str = "mekong",
    endpoints: Sequence[Address] | None = None,
    observers: Sequence[str] = (),
) -> Federation:
    """Found all members in directory, which must not exist yet or be empty, under a demo roster that all have signed.

    endpoints: one a node, else free loopback addresses of their own. observers: nodes that hold no records and sign no
    roster. Raises INPUT_INVALID, DISK_FULL.
    """
    members = len(node_ids)
    node_ids = [*node_ids, *observers]
    if not 1 <= members <= len(node_ids) <= MAX_NODES or len(set(node_ids)) != len(node_ids):
        raise LancangError(Code.INPUT_INVALID, f"members: name 1 to {MAX_NODES} different ones")
    addresses = free_loopback_addresses(len(node_ids)) if endpoints is None else tuple(endpoints)
    if len(addresses) != len(node_ids):
        raise LancangError(Code.INPUT_INVALID, "endpoints: give one for each member")
    with appearing(directory) as building:
        founded = []
        for node_id, address in zip(node_ids, addresses, strict=True):
            secret = secrets.token_urlsafe(32).encode()
            plan = MemberPlan(
                alliance=alliance,
                node_id=node_id,
                name=_NAMES.get(node_id, node_id.upper()),
                role=Role.OBSERVER if node_id in observers else Role.MEMBER,
                endpoint=str(address),
                listen=address,
                secret_file=f"../secrets/{node_id}",
            )
            founded.append(found_member(Home(building / node_id), plan, secret, now_ms))
            write_durably(building / "secrets" / node_id, secret + b"\n")
        signed = unsigned(
            Roster(
                alliance=alliance,
                version=1,
                issued_ms=now_ms,
                expires_ms=now_ms + ROSTER_LIFETIME_MS,
                quorum=members // 2 + 1,
                members=tuple(each.member for each in founded),
                policy=policy,
                previous=bytes(32),
                demo=True,
            )
        )
        for each in founded[:members]:
            signed = sign_roster(signed, each.member.node_id, each.keys.signing)
        for each in founded:
            install_roster(each.home, signed, now_ms)
        write_durably(building / "federation.json", _encode(alliance, node_ids, addresses))
    return read_federation(directory)


def read_federation(directory: Path) -> Federation:
    """The federation in directory. Raises FILE_UNREADABLE when there is none or its file is not one of ours."""
    try:
        document = json.loads((directory / "federation.json").read_text(encoding="utf-8"))
        nodes = tuple(
            FederationNode(
                node_id=str(node["node_id"]),
                home=Home(directory / node["node_id"]),
                endpoint=Address.parse(node["endpoint"]),
                secret_file=directory / "secrets" / node["node_id"],
            )
            for node in document["nodes"]
        )
        if document["version"] != FILE_VERSION:
            raise LancangError(Code.STORAGE_NEWER, "federation.json")
        return Federation(directory, str(document["alliance"]), nodes)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LancangError(
            Code.FILE_UNREADABLE,
            "federation.json",
            remedy="Name a directory that `lancang network create` made.",
        ) from error


def free_loopback_addresses(count: int, *, port: int = PORT, tries: int = 64) -> tuple[Address, ...]:
    """One address a node, 127.x.y.1 to 127.x.y.count, all free on the port now; x and y random.

    Federations on one machine so never meet, and each node has the same port, as in real life. Raises CONFIG_INVALID
    when none is free, as on systems where only 127.0.0.1 is loopback.
    """
    draw = random.SystemRandom()
    for _ in range(tries):
        x, y = draw.randint(1, 254), draw.randint(0, 255)
        addresses = tuple(Address(f"127.{x}.{y}.{number}", port) for number in range(1, count + 1))
        if all(_is_free(address) for address in addresses):
            return addresses
    raise LancangError(
        Code.CONFIG_INVALID,
        f"no free loopback addresses on port {port}",
        remedy="Demo federations need Linux, where all of 127.0.0.0/8 is loopback.",
    )


def _is_free(address: Address) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address.host, address.port))
        except OSError:
            return False
    return True


def _encode(alliance: str, node_ids: Sequence[str], addresses: Sequence[Address]) -> bytes:
    document = {
        "version": FILE_VERSION,
        "alliance": alliance,
        "nodes": [
            {"node_id": node_id, "home": node_id, "endpoint": str(address)}
            for node_id, address in zip(node_ids, addresses, strict=True)
        ],
    }
    return (json.dumps(document, indent=2) + "\n").encode()
