"""New keys of a node, made beside the present ones and taken up with the roster that names them; never before it.

DIR/next/ is laid out as the home itself: keystore, pki/node.pem, member.json; with a new authority also authority/,
pki/ca.pem and officers/*/cert.pem. It appears whole. Taking it up moves each file over the present one, the keystore
last: a kill in between leaves what the next start finishes, for the roster in the database says which keys hold.
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from nacl.public import PrivateKey

from certs.authority import Authority, create_authority
from certs.issuing import certificate_pem, checked_key, generate_key, issue, private_key_pem
from certs.profiles import CertificateError, Holder
from certs.reading import claimed_identity, fingerprint, read_certificate
from node.acts.founding.authority_files import open_authority, pem_to_der, write_authority
from node.acts.founding.found import PUBLIC_FILE, appearing
from node.acts.membership.renew import officers_of
from node.config import Home
from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.model.roster import Member, Roster
from node.roster.documents import encode_member, parse_member
from node.roster.installed import installed_roster
from node.storage.durable_files import sync_directory, write_durably
from node.storage.keystore import KEY_BYTES, Keys, open_keystore, write_keystore


def prepare_next_keys(home: Home, node_id: str, secret: bytes, now_ms: int, *, new_authority: bool = False) -> Member:
    """Make new signing, sealing and TLS keys, and with new_authority a new CA. Returns the entry for the next roster.

    The entry revokes the present certificate of the node. The storage key stays: what is sealed on disk is no other
    member's business. Raises INPUT_INVALID if new keys wait already, FILE_UNREADABLE when the authority is away,
    SECRET_WRONG, PEER_CERTIFICATE.
    """
    keys = open_keystore(home.keystore, node_id, secret)
    sweep_next(home)
    present = _present_entry(home, node_id)
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    try:
        old = pem_to_der(home.node_certificate.read_bytes())
        holder = Holder(claimed_identity(old).alliance, node_id)
        authority = create_authority(holder.alliance, node_id, now) if new_authority else open_authority(home, secret)
        # Under a new CA nothing that the old one issued is believed: there is nothing left to revoke.
        revoked = () if new_authority else tuple(sorted({*present.revoked, fingerprint(old)}))
        with appearing(home.next) as path:
            return _write(home, Home(path), holder, authority, keys, replace(present, revoked=revoked), secret, now,
                          new_authority=new_authority)  # fmt: skip
    except CertificateError as error:
        raise LancangError(Code.PEER_CERTIFICATE, error.problem, remedy=error.remedy) from error


def _present_entry(home: Home, node_id: str) -> Member:
    signed = installed_roster(home)
    entry = signed.roster.member(node_id) if signed is not None else None
    return entry or parse_member(home.member.read_bytes())


def _write(
    home: Home, new: Home, holder: Holder, authority: Authority, keys: Keys, present: Member, secret: bytes,
    now: datetime, *, new_authority: bool,
) -> Member:  # fmt: skip
    tls_key = generate_key()
    fresh = replace(
        keys,
        signing_seed=secrets.token_bytes(KEY_BYTES),
        sealing_key=secrets.token_bytes(KEY_BYTES),
        tls_key_pem=private_key_pem(tls_key),
    )
    member = replace(
        present,
        certificate_authority=authority.certificate_der,
        signing_key=fresh.signing.public,
        sealing_key=bytes(PrivateKey(fresh.sealing_key).public_key),
    )
    write_durably(new.member, encode_member(member), PUBLIC_FILE)
    write_keystore(new.keystore, fresh, holder.node_id, secret)
    write_durably(
        new.node_certificate, certificate_pem(issue(authority, holder, tls_key.public_key(), now)), PUBLIC_FILE
    )
    if new_authority:
        write_authority(new, authority, secret)
        write_durably(new.ca_certificate, authority.certificate_pem, PUBLIC_FILE)
        for officer in officers_of(home):
            _reissue(home, new, officer, authority, now)
    return member


def _reissue(home: Home, new: Home, officer: str, authority: Authority, now: datetime) -> None:
    """An officer's certificate under the new CA; his key stays."""
    der = pem_to_der(home.officer_certificate(officer).read_bytes())
    claimed = claimed_identity(der)
    holder = Holder(claimed.alliance, claimed.node_id, claimed.officer_id, claimed.role)
    key = checked_key(read_certificate(der).public_key())
    write_durably(new.officer_certificate(officer), certificate_pem(issue(authority, holder, key, now)), PUBLIC_FILE)


def keys_named(home: Home, node_id: str, secret: bytes, roster: Roster) -> tuple[Keys, bool]:
    """The node's keys that a roster names, and whether they still wait in next/. Nothing is moved.

    Raises ROSTER_INVALID if it names others, or not this node; SECRET_WRONG, FILE_UNREADABLE.
    """
    entry = roster.member(node_id)
    if entry is None:
        raise LancangError(
            Code.ROSTER_INVALID,
            f"version {roster.version} no longer names {node_id}",
            remedy="A member that was dismissed has nothing to take up: stop the node and keep its home as evidence.",
        )
    present = open_keystore(home.keystore, node_id, secret)
    if present.signing.public == entry.signing_key:
        return present, False
    if waits(home):
        waiting = open_keystore(Home(home.next).keystore, node_id, secret)
        if waiting.signing.public == entry.signing_key:
            return waiting, True
    raise LancangError(
        Code.ROSTER_INVALID,
        f"version {roster.version} names {node_id} with a key that this node does not hold",
        remedy=(
            "If this home was restored from a backup of before its keys were replaced, it must not serve: restore one "
            "made since. Without one: `lancang node rekey --new-authority`, and have the members sign a version with "
            "its entry. A draft that names a wrong key is drafted anew with member.json of this home."
        ),
    )


def signing_keys(home: Home, node_id: str, secret: bytes, roster: Roster) -> tuple[SigningKey, ...]:
    """The keys with which this member signs a roster: that which it names, and that which the present one names.

    A member that leaves signs with its present key alone. Raises ROSTER_INVALID if neither names one of its keys.
    """
    known = installed_roster(home)
    named = [each.member(node_id) for each in (roster, known.roster if known else None) if each is not None]
    wanted = {entry.signing_key for entry in named if entry is not None}
    held = [open_keystore(home.keystore, node_id, secret).signing]
    if waits(home):
        held.append(open_keystore(Home(home.next).keystore, node_id, secret).signing)
    found = tuple(key for key in held if key.public in wanted)
    entry = roster.member(node_id)
    if not found or (entry is not None and entry.signing_key not in {key.public for key in found}):
        raise LancangError(
            Code.ROSTER_INVALID,
            f"this roster does not name {node_id} with this node's key",
            remedy="Ask the coordinator to draft it anew with this home's member.json.",
        )
    return found


def take_up_next_keys(home: Home) -> None:
    """Put what waits in next/ in its place. May be begun again after a kill. Raises DISK_FULL."""
    new = Home(home.next)
    files = sorted(path for path in home.next.rglob("*") if path.is_file() and path != new.keystore)
    for path in files:
        _move(path, home.path / path.relative_to(home.next))
    _move(new.keystore, home.keystore)
    sweep_next(home)


def waits(home: Home) -> bool:
    """Whether new keys wait. Without the keystore they were taken up, and what is left are empty directories."""
    return Home(home.next).keystore.exists()


def sweep_next(home: Home) -> None:
    """Remove what taking up left behind."""
    if home.next.exists() and not waits(home):
        shutil.rmtree(home.next)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    source.replace(target)
    sync_directory(target.parent)
