"""Members that exist on paper: a CA, keys and an entry in the roster, but no home and no node. Tests speak for them.

They call a real node, or serve one, with valid keys and any certificate a test wishes.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from nacl.public import PrivateKey

from certs.authority import Authority, create_authority
from certs.issuing import certificate_pem, generate_key, issue, private_key_pem
from certs.profiles import Holder
from node.acts.founding.found_federation import Federation, found_federation
from node.clock import SystemClock
from node.crypto.signing import SigningKey
from node.model.officer import Role
from node.model.roster import Member, Policy, Roster, SignedRoster
from node.peers.channel import Identity
from node.roster.documents import parse_signed, unsigned
from node.roster.installed import install_roster
from node.roster.signing import sign_roster
from node.storage.keystore import Keys, open_keystore

ALLIANCE = "mekong"


def now() -> datetime:
    """The time TLS goes by."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class PaperMember:
    """A member with everything but a machine. endpoint: host:port where a fake of it may listen."""

    node_id: str
    endpoint: str
    authority: Authority = field(repr=False)
    signing: SigningKey
    role: Role = Role.MEMBER
    revoked: tuple[str, ...] = ()

    def entry(self) -> Member:
        """How the roster names it."""
        return Member(
            node_id=self.node_id,
            name=self.node_id.upper(),
            role=self.role,
            endpoint=self.endpoint,
            certificate_authority=self.authority.certificate_der,
            signing_key=self.signing.public,
            sealing_key=bytes(PrivateKey.generate().public_key),
            revoked=self.revoked,
        )

    def identity(self) -> Identity:
        """A fresh, valid certificate of this member's node."""
        return issued(self.authority, Holder(ALLIANCE, self.node_id))


def paper_member(
    node_id: str, endpoint: str, role: Role = Role.MEMBER, *, constrained: bool = True
) -> PaperMember:  # fmt: skip
    """A new member. constrained=False: its CA may name anybody, as far as TLS can tell."""
    authority = create_authority(ALLIANCE, node_id, now() - timedelta(days=400), constrained=constrained)
    return PaperMember(node_id, endpoint, authority, SigningKey(secrets.token_bytes(32)), role)


def issued(
    authority: Authority,
    holder: Holder,
    *,
    begins: timedelta = timedelta(0),
    lifetime: timedelta = timedelta(days=30),
    key: EllipticCurvePrivateKey | None = None,
) -> Identity:
    """A certificate of any holder by any authority. begins: from now; lifetime counts from there."""
    own = key or generate_key()
    certificate = issue(authority, holder, own.public_key(), now() + begins, lifetime=lifetime)
    return Identity(certificate_pem(certificate), private_key_pem(own))


def leaf(identity: Identity) -> x509.Certificate:
    """The certificate that an identity presents."""
    return x509.load_pem_x509_certificate(identity.certificate)


def keys_of(federation: Federation, node_id: str) -> Keys:
    """A founded node's own keys, opened as the node itself opens them."""
    node = next(node for node in federation.nodes if node.node_id == node_id)
    return open_keystore(node.home.keystore, node_id, node.secret_file.read_bytes().strip())


def found_with_papers(
    directory: Path, node_ids: Sequence[str], papers: Sequence[PaperMember], policy: Policy
) -> Federation:
    """Found real nodes, then let all of them accept a second roster that names the paper members too."""
    at = SystemClock().now_ms()
    federation = found_federation(directory, node_ids, policy, at, alliance=ALLIANCE)
    first = parse_signed(federation.nodes[0].home.roster.read_bytes())
    members = (*first.roster.members, *(paper.entry() for paper in papers))
    signed = unsigned(successor(first, members=members))
    for node in federation.nodes:
        signed = sign_roster(signed, node.node_id, keys_of(federation, node.node_id).signing)
    for paper in papers:
        if paper.role is Role.MEMBER:
            signed = sign_roster(signed, paper.node_id, paper.signing)
    for node in federation.nodes:
        install_roster(node.home, signed, at)
    return federation


def successor(current: SignedRoster, *, members: tuple[Member, ...]) -> Roster:
    """The next version of a roster, with other members and the quorum they need."""
    holders = sum(member.role is Role.MEMBER for member in members)
    return replace(
        current.roster,
        version=current.roster.version + 1,
        members=members,
        previous=current.hash,
        quorum=holders // 2 + 1,
    )


def roster_of(federation: Federation, node_id: str) -> SignedRoster:
    """The roster that a node holds."""
    node = next(node for node in federation.nodes if node.node_id == node_id)
    return parse_signed(node.home.roster.read_bytes())
