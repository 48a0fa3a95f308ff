"""Founding a member: its keys, its CA, the node's and the officers' certificates, in a home that appears all at once.

Certificates are dated by the system's time, which is the one TLS checks them by.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nacl.public import PrivateKey

from certs.authority import Authority, create_authority
from certs.issuing import certificate_pem, generate_key, issue, private_key_pem
from certs.profiles import CertificateError, Holder
from node.acts.founding.authority_files import write_authority
from node.config import MIN_SECRET_BYTES, Address, Home
from node.errors import Code, LancangError
from node.model.officer import Role
from node.model.roster import Member
from node.roster.documents import encode_member, parse_member
from node.storage.durable_files import make_private_directory, sync_directory, write_durably
from node.storage.keystore import Keys, new_keys, write_keystore

PUBLIC_FILE = 0o644

# The officers a new home begins with, one a role; their ids are the roles'.
FIRST_OFFICERS = (Role.ANALYST, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """A member to be founded. endpoint: host:port where peers call it; listen: where the node itself listens.

    secret_file: written into node.toml when given; relative to the home.
    """

    alliance: str
    node_id: str
    name: str
    endpoint: str
    listen: Address
    role: Role = Role.MEMBER
    secret_file: str | None = None


@dataclass(frozen=True, slots=True)
class Founded:
    """A new member: its home, its entry for the roster, its keys (still open; repr hides them)."""

    home: Home
    member: Member
    keys: Keys


def found_member(home: Home, plan: MemberPlan, secret: bytes, now_ms: int) -> Founded:
    """Found a member in home, which must not exist yet or be an empty directory. Takes about 0.3 s.

    The home appears whole or not at all. Raises INPUT_INVALID for a bad plan or an occupied home, SECRET_MISSING for a
    secret shorter than 16 bytes, DISK_FULL.
    """
    if len(secret) < MIN_SECRET_BYTES:
        raise LancangError(Code.SECRET_MISSING, f"a secret has at least {MIN_SECRET_BYTES} bytes")
    with appearing(home.path) as path:
        try:
            member, keys = _build(Home(path), plan, secret, datetime.fromtimestamp(now_ms / 1000, UTC))
        except CertificateError as error:
            raise LancangError(Code.INPUT_INVALID, error.problem, remedy=error.remedy) from error
    return Founded(home, member, keys)


def write_officer(home: Home, authority: Authority, holder: Holder, now: datetime) -> None:
    """Give an officer a fresh key (mode 0600) and a certificate. Raises CertificateError when holder is no officer."""
    if holder.officer_id is None:
        raise CertificateError("not an officer", "Name an officer id and a role.")
    key = generate_key()
    certificate = issue(authority, holder, key.public_key(), now)
    # The key first: a certificate without its key would look like an officer who can sign in.
    write_durably(home.officer_key(holder.officer_id), private_key_pem(key))
    write_durably(home.officer_certificate(holder.officer_id), certificate_pem(certificate), PUBLIC_FILE)


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """A private directory beside target to build in; it takes target's name when the block ends well, else it vanishes.

    Raises INPUT_INVALID when target is anything but absent or an empty directory.
    """
    _check_vacant(target)
    make_private_directory(target.parent)
    building = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.founding-"))
    try:
        yield building
        sync_directory(building)
        # POSIX: a directory replaces an empty one atomically and never one with something in it.
        try:
            building.rename(target)
        except OSError as error:
            raise _occupied() from error
        sync_directory(target.parent)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _build(home: Home, plan: MemberPlan, secret: bytes, now: datetime) -> tuple[Member, Keys]:
    node = Holder(plan.alliance, plan.node_id)
    authority = create_authority(plan.alliance, plan.node_id, now)
    tls_key = generate_key()
    keys = new_keys(private_key_pem(tls_key))
    member = Member(
        node_id=plan.node_id,
        name=plan.name,
        role=plan.role,
        endpoint=plan.endpoint,
        certificate_authority=authority.certificate_der,
        signing_key=keys.signing.public,
        sealing_key=bytes(PrivateKey(keys.sealing_key).public_key),
    )
    write_durably(home.member, _readable(member), PUBLIC_FILE)
    write_durably(home.settings, _settings(plan))
    write_keystore(home.keystore, keys, plan.node_id, secret)
    write_authority(home, authority, secret)
    write_durably(home.ca_certificate, authority.certificate_pem, PUBLIC_FILE)
    write_durably(
        home.node_certificate, certificate_pem(issue(authority, node, tls_key.public_key(), now)), PUBLIC_FILE
    )
    for role in FIRST_OFFICERS:
        write_officer(home, authority, Holder(plan.alliance, plan.node_id, role.value, role.value), now)
    for directory in (home.index, home.run.parent, home.log.parent):
        make_private_directory(directory)
    return member, keys


def _readable(member: Member) -> bytes:
    """The member's entry, refused now if the others could not read it (a bad name or endpoint)."""
    data = encode_member(member)
    try:
        parse_member(data)
    except LancangError as error:
        raise LancangError(
            Code.INPUT_INVALID, error.detail, remedy="Give a name of up to 80 characters and an endpoint host:port."
        ) from error
    return data


def _settings(plan: MemberPlan) -> bytes:
    values = {"alliance": plan.alliance, "node_id": plan.node_id, "listen": str(plan.listen)}
    if plan.secret_file is not None:
        values["secret_file"] = plan.secret_file
    # A JSON string without escapes beyond \" \\ and \uXXXX is a TOML basic string.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return ("# Every other setting and its default: deploy/node.toml.sample.\n" + "\n".join(lines) + "\n").encode()


def _check_vacant(target: Path) -> None:
    try:
        if target.is_symlink() or (target.exists() and not (target.is_dir() and not any(target.iterdir()))):
            raise _occupied()
    except PermissionError as error:
        raise _occupied() from error


def _occupied() -> LancangError:
    return LancangError(
        Code.INPUT_INVALID,
        "the directory exists already and is not empty",
        remedy="Name a new directory, or remove the old one yourself: founding never overwrites keys.",
    )
