"""Renewing certificates from the member's authority, while the node runs: the key stays, one file is replaced.

A new key would need the keystore and the certificate to change together; with the same key a crash leaves the old
certificate or the new one, and a running node needs only to read the file again. Times are the system's, as TLS has it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from certs.authority import Authority
from certs.issuing import certificate_pem, checked_key, issue
from certs.profiles import CertificateError, Holder
from certs.reading import LeafIdentity, claimed_identity, read_certificate, verify_leaf
from node.acts.founding.authority_files import open_authority, pem_to_der
from node.acts.founding.found import PUBLIC_FILE, write_officer
from node.config import Home
from node.errors import Code, LancangError
from node.model.officer import Role
from node.storage.durable_files import write_durably


def renew_node_certificate(home: Home, secret: bytes, now_ms: int) -> LeafIdentity:
    """Replace the node's certificate by one for thirty days from now. Returns what it says.

    Raises FILE_UNREADABLE when the authority is away or there is no certificate yet, SECRET_WRONG, PEER_CERTIFICATE
    when another authority issued the present certificate.
    """
    return _renew(home.node_certificate, open_authority(home, secret), now_ms)


def renew_officer_certificate(home: Home, officer_id: str, secret: bytes, now_ms: int) -> LeafIdentity:
    """Replace an officer's certificate likewise; the role stays. Raises OFFICER_UNKNOWN too."""
    _check_officer(home, officer_id)
    return _renew(home.officer_certificate(officer_id), open_authority(home, secret), now_ms)


def add_officer(home: Home, officer_id: str, role: Role, secret: bytes, now_ms: int) -> LeafIdentity:
    """Give a new officer of this node a key and a certificate.

    Raises INPUT_INVALID for a bad id or role or an id that is taken, and what renew_node_certificate raises.
    """
    authority = open_authority(home, secret)
    certificate = _read_der(home.node_certificate)
    try:
        node = claimed_identity(certificate)
        holder = Holder(node.alliance, node.node_id, officer_id, role.value)
        if home.officer_certificate(officer_id).exists():
            raise LancangError(Code.INPUT_INVALID, "officer: this id is taken", remedy="Choose another id.")
        write_officer(home, authority, holder, _moment(now_ms))
    except CertificateError as error:
        raise LancangError(Code.INPUT_INVALID, f"officer: {error.problem}", remedy=error.remedy) from error
    return claimed_identity(_read_der(home.officer_certificate(officer_id)))


def renew_if_due(home: Home, secret: Callable[[], bytes], now_ms: int) -> tuple[str, ...]:
    """Renew the node's and the officers' certificates of which less than a third is left, if the authority is there.

    Returns whose were renewed. In real life the authority is kept offline, and nothing happens: the doctor warns.
    Raises what renew_node_certificate raises, but for an authority that is away.
    """
    due = [path for path in (home.node_certificate, *home.officers.glob("*/cert.pem")) if _is_due(path, now_ms)]
    if not due or not (home.authority / "key.pem").exists():
        return ()
    authority = open_authority(home, secret())
    renewed = [_renew(path, authority, now_ms) for path in due]
    return tuple(leaf.officer_id or leaf.node_id for leaf in renewed)


def _is_due(path: Path, now_ms: int) -> bool:
    try:
        leaf = claimed_identity(_read_der(path))
    except (LancangError, CertificateError):
        return False
    return (leaf.not_after - _moment(now_ms)) * 3 < leaf.not_after - leaf.not_before


def officers_of(home: Home) -> tuple[str, ...]:
    """The ids of the officers with a certificate in this home, sorted."""
    return tuple(sorted(path.parent.name for path in home.officers.glob("*/cert.pem")))


def _renew(path: Path, authority: Authority, now_ms: int) -> LeafIdentity:
    der = _read_der(path)
    try:
        # As of its first day: an expired one may be renewed, a foreign one would have its key certified here.
        old = verify_leaf(der, authority.certificate_der, claimed_identity(der).not_before)
        key = checked_key(read_certificate(der).public_key())
        holder = Holder(old.alliance, old.node_id, old.officer_id, old.role)
        renewed = certificate_pem(issue(authority, holder, key, _moment(now_ms)))
    except CertificateError as error:
        raise LancangError(Code.PEER_CERTIFICATE, error.problem, remedy=error.remedy) from error
    write_durably(path, renewed, PUBLIC_FILE)
    return claimed_identity(pem_to_der(renewed))


def _check_officer(home: Home, officer_id: str) -> None:
    """The id becomes a path: only one that stands in the directory is taken."""
    if officer_id not in officers_of(home):
        raise LancangError(Code.OFFICER_UNKNOWN)


def _read_der(path: Path) -> bytes:
    try:
        return pem_to_der(path.read_bytes())
    except OSError as error:
        raise LancangError(Code.FILE_UNREADABLE, "a certificate in the node's home") from error


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
