"""Officers whose certificates this home no longer believes: pki/revoked.json, read again whenever it changes.

The roster's list is for what other members must know, and takes a quorum. An officer calls no node but his own, so his
home decides alone and at once, with a running node or without.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from sqlalchemy import Connection

from certs.reading import claimed_identity
from node.acts.founding.authority_files import pem_to_der
from node.acts.membership.renew import officers_of
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, page, record_act
from node.config import Home
from node.errors import Code, LancangError
from node.storage.durable_files import write_durably

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Revocation:
    """fingerprint: of the certificate's signed part (docs/decisions/0003); officer: whose it was; ms: since when."""

    fingerprint: str
    officer: str
    ms: int


def revoke_officer(home: Home, officer: str, now_ms: int) -> Revocation:
    """Revoke an officer's certificate and remove it and its key from the home. His id may be given anew then.

    First the list, then the files: a kill in between leaves a certificate that nobody believes. Raises OFFICER_UNKNOWN,
    STORAGE_DAMAGED for a list or a certificate that cannot be read.
    """
    if officer not in officers_of(home):
        raise LancangError(Code.OFFICER_UNKNOWN)
    leaf = claimed_identity(pem_to_der(home.officer_certificate(officer).read_bytes()))
    new = Revocation(leaf.fingerprint, officer, now_ms)
    known = read_revocations(home)
    if new.fingerprint not in {one.fingerprint for one in known}:
        entries = [{"fingerprint": one.fingerprint, "officer": one.officer, "ms": one.ms} for one in (*known, new)]
        write_durably(home.revoked, (json.dumps(entries, indent=2) + "\n").encode())
    home.officer_key(officer).unlink(missing_ok=True)
    home.officer_certificate(officer).unlink(missing_ok=True)
    home.officer_certificate(officer).parent.rmdir()
    return new


def read_revocations(home: Home) -> tuple[Revocation, ...]:
    """The list as it stands; empty without a file. Raises LancangError(STORAGE_DAMAGED): then nobody is believed."""
    try:
        with home.revoked.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return ()
    try:
        found = tuple(
            Revocation(str(one["fingerprint"]), str(one["officer"]), int(one["ms"])) for one in json.loads(data)
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _damaged() from None
    if len(data) > _MOST_BYTES or not all(_FINGERPRINT.fullmatch(one.fingerprint) for one in found):
        raise _damaged()
    return found


def _damaged() -> LancangError:
    return LancangError(
        Code.STORAGE_DAMAGED, "pki/revoked.json", remedy="Restore it from a backup: until then no officer is believed."
    )


@dataclass(slots=True)
class RevocationList:
    """The list, kept as long as its file does not change."""

    home: Home
    _stamp: tuple[int, int, int] | None = None
    _fingerprints: frozenset[str] = field(default_factory=frozenset)

    def check(self, fingerprint: str) -> None:
        """Raises LancangError: PEER_CERTIFICATE for a revoked certificate, STORAGE_DAMAGED."""
        stamp = self._on_disk()
        if stamp != self._stamp:
            self._fingerprints = frozenset(one.fingerprint for one in read_revocations(self.home))
            self._stamp = stamp
        if fingerprint in self._fingerprints:
            raise LancangError(
                Code.PEER_CERTIFICATE, "the certificate was revoked at this node", remedy="Ask its administrator."
            )

    def _on_disk(self) -> tuple[int, int, int]:
        try:
            found = self.home.revoked.stat()
        except FileNotFoundError:
            return (0, 0, 0)
        return (found.st_mtime_ns, found.st_ino, found.st_size)


async def record_revocations(node: Node) -> None:
    """Enter every revocation of the list in the log of acts, once: it may have been made while the node was down."""
    found = read_revocations(node.home)
    if len(found) == node.revocations_logged:
        return

    def store(connection: Connection) -> None:
        logged = {act.detail.get("fingerprint") for act in page(connection, 0, 10_000, ActKind.OFFICER_REVOKED)}
        for one in found:
            if one.fingerprint not in logged:
                detail = {"officer": one.officer, "fingerprint": one.fingerprint}
                record_act(connection, ActKind.OFFICER_REVOKED, node.node_id, "", one.ms, detail)

    await node.write(store)
    node.revocations_logged = len(found)
