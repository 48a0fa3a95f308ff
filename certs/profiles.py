"""The three kinds of certificate of a federation and the names they carry (RFC 5280; CA/Browser profiles as a model).

A member's own CA issues certificates for its node and for its officers, and for nobody else's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# gRPC's BoringSSL refuses Ed25519 certificates, so the PKI is ECDSA P-256 throughout.
CURVE = ec.SECP256R1
# A certificate begins a little before it is issued: members' clocks differ.
BACKDATE = timedelta(hours=1)

OFFICER_ROLES = ("analyst", "approver", "auditor", "administrator")

# What may name an alliance, a node or an officer: lower-case ASCII, no longer than a DNS label allows.
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_URI = re.compile(r"lancang://(?P<alliance>[^/]+)/node/(?P<node>[^/]+)(?:/officer/(?P<officer>[^/]+))?")


class CertificateError(Exception):
    """A certificate, request or name that is not what its profile says. Neither text holds a secret."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Profile:
    """What one kind of certificate may do and for how long. usages: extended key usages, none for an authority."""

    name: str
    lifetime: timedelta
    usages: tuple[x509.ObjectIdentifier, ...]

    @property
    def authority(self) -> bool:
        """Whether such a certificate issues others."""
        return not self.usages


AUTHORITY = Profile("authority", timedelta(days=5 * 365), ())
NODE = Profile("node", timedelta(days=30), (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH))
OFFICER = Profile("officer", timedelta(days=30), (ExtendedKeyUsageOID.CLIENT_AUTH,))


def is_label(value: str) -> bool:
    """Whether value may name an alliance, a node or an officer."""
    return LABEL.fullmatch(value) is not None


def checked_label(value: str, what: str) -> str:
    """Return value, or raise CertificateError naming what it should have been."""
    if not is_label(value):
        raise CertificateError(
            f"not a valid {what}", "Use 1 to 32 lower-case letters, digits and inner hyphens (a to z, 0 to 9, -)."
        )
    return value


def dns_name(alliance: str, node_id: str) -> str:
    """The name a node's server certificate is checked against: th.node.mekong.lancang."""
    return f"{checked_label(node_id, 'node id')}.node.{checked_label(alliance, 'alliance')}.lancang"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose a certificate is: a node, or an officer of it with one role. Raises CertificateError if misnamed."""

    alliance: str
    node_id: str
    officer_id: str | None = None
    role: str | None = None

    def __post_init__(self) -> None:
        checked_label(self.alliance, "alliance")
        checked_label(self.node_id, "node id")
        if self.officer_id is not None:
            checked_label(self.officer_id, "officer id")
            if self.role not in OFFICER_ROLES:
                raise CertificateError("no such officer role", f"Choose one of {', '.join(OFFICER_ROLES)}.")
        elif self.role is not None:
            raise CertificateError("a node's certificate carries no officer role", "Leave the role out.")

    @property
    def profile(self) -> Profile:
        """The profile of its certificate."""
        return NODE if self.officer_id is None else OFFICER

    @property
    def uri(self) -> str:
        """lancang://mekong/node/th, or lancang://mekong/node/th/officer/analyst."""
        node = f"lancang://{self.alliance}/node/{self.node_id}"
        return node if self.officer_id is None else f"{node}/officer/{self.officer_id}"

    @property
    def alternative_names(self) -> x509.SubjectAlternativeName:
        """A node's DNS name and URI; an officer's URI alone, so that no officer can pass for a server."""
        uri = x509.UniformResourceIdentifier(self.uri)
        if self.officer_id is not None:
            return x509.SubjectAlternativeName([uri])
        return x509.SubjectAlternativeName([x509.DNSName(dns_name(self.alliance, self.node_id)), uri])

    @property
    def subject(self) -> x509.Name:
        """For people to read, but for one thing: an officer's only OU is the role."""
        return _name(self.alliance, self.role, self.officer_id or self.node_id)


def parse_uri(uri: str) -> tuple[str, str, str | None]:
    """Return (alliance, node id, officer id or None). Raises CertificateError for anything but Holder's two forms."""
    match = _URI.fullmatch(uri)
    if match is None or not all(part is None or is_label(part) for part in match.groups()):
        raise CertificateError(
            "the certificate's URI is not that of a node or an officer",
            "Issue the certificate anew with the member's own CA.",
        )
    return match["alliance"], match["node"], match["officer"]


def authority_subject(alliance: str, node_id: str) -> x509.Name:
    """The subject of a member's CA. It names the node, so that two members' CAs are told apart by people too."""
    return _name(alliance, "member authority", f"{node_id} member CA")


def name_constraints(alliance: str, node_id: str) -> x509.NameConstraints:
    """What a member's CA may name (RFC 5280 4.2.1.10): its own node's DNS name, and URIs of its alliance.

    TLS itself then refuses a certificate that one member's CA issues for another. A URI constraint reaches the host
    only, so the node id within the URI is checked by certs/reading.
    """
    return x509.NameConstraints(
        permitted_subtrees=[x509.DNSName(dns_name(alliance, node_id)), x509.UniformResourceIdentifier(alliance)],
        excluded_subtrees=None,
    )


def key_usage(profile: Profile) -> x509.KeyUsage:
    """An authority signs certificates and revocation lists; the others sign handshakes."""
    return x509.KeyUsage(
        digital_signature=not profile.authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=profile.authority,
        crl_sign=profile.authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(alliance: str, unit: str | None, common_name: str) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, alliance)]
    if unit is not None:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(attributes)
