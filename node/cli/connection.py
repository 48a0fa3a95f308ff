"""The way from a command to the running node: mTLS over its unix socket, as the officer named, with a deadline.

An officer is his certificate: officers/<officer>/ in the home holds it with its key, and the home's own CA is the root.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from node.cli.invocation import DEFAULT_OFFICER, Invocation
from node.cli.running import Running, running
from node.errors import Code, LancangError

if TYPE_CHECKING:
    import grpc

    from node.config import Home
    from node.model.officer import Caller
    from node.v1.operator_pb2_grpc import OperatorServiceStub

# Longer than the node gives any single peer, so that a slow peer is an answer and not a failure.
SHORT_SECONDS = 20.0
SEARCH_SECONDS = 60.0
# What the node allows its two long streams: as long as they make progress.
SEARCH_MANY_SECONDS = 16 * 15 * 60.0
IMPORT_SECONDS = 96 * 15 * 60.0
_MOST_MESSAGE_BYTES = 4 * 1024 * 1024


@contextmanager
def operator(at: Invocation, usual: str = DEFAULT_OFFICER) -> Iterator[OperatorServiceStub]:
    """The running node's operator service, as the officer named or else the usual one for what is done.

    Raises LancangError, also for what a call within ends with.
    """
    with called(at.the_home(), at.named_officer or usual) as stub:
        yield stub


@contextmanager
def channel_of(at: Invocation, usual: str) -> Iterator[grpc.Channel]:
    """As operator(), for the services that have a noun of their own. Raises as channel_to()."""
    with channel_to(at.the_home(), at.named_officer or usual) as channel:
        yield channel


@contextmanager
def called(home: Home, officer: str) -> Iterator[OperatorServiceStub]:
    """The same for a home and an officer. Raises NODE_NOT_RUNNING, OFFICER_UNKNOWN, or what the node answers."""
    from node.v1.operator_pb2_grpc import OperatorServiceStub

    with channel_to(home, officer) as channel:
        yield OperatorServiceStub(channel)


@contextmanager
def channel_to(home: Home, officer: str) -> Iterator[grpc.Channel]:
    """A channel to the running node as one of its officers, for the stub of any operator's service.

    Raises NODE_NOT_RUNNING, OFFICER_UNKNOWN, or what the node answers to a call within.
    """
    found = running(home)
    if found is None or not found.operator_socket.exists():
        _check_waits(home)
        raise LancangError(Code.NODE_NOT_RUNNING, str(home.path))
    import grpc

    try:
        with _channel(home, found, officer) as channel:
            yield channel
    except grpc.RpcError as problem:
        raise _meant(problem, home) from None


def _check_waits(home: Home) -> None:
    """Raises NODE_RESTORED for a node that runs and has not opened its doors yet."""
    from node.cli.restored import waits_for

    names = waits_for(home)
    if names:
        raise LancangError(
            Code.NODE_RESTORED,
            f"it waits to hear {names}",
            remedy="Let them answer. Only if one is gone for good: stop the node, restore again with --without NAME.",
        )


def _channel(home: Home, to: Running, officer: str) -> grpc.Channel:
    import grpc

    from certs.profiles import dns_name
    from node.config import load_settings

    certificate, key = _identity(home, officer)
    settings = load_settings(home)
    credentials = grpc.ssl_channel_credentials(home.ca_certificate.read_bytes(), key, certificate)
    options = [
        ("grpc.ssl_target_name_override", dns_name(settings.alliance, settings.node_id)),
        ("grpc.enable_http_proxy", 0),
        ("grpc.max_receive_message_length", _MOST_MESSAGE_BYTES),
        ("grpc.max_send_message_length", _MOST_MESSAGE_BYTES),
        ("grpc.enable_retries", 0),
    ]
    return grpc.secure_channel(f"unix:{to.operator_socket}", credentials, options=options)


def _identity(home: Home, officer: str) -> tuple[bytes, bytes]:
    known = officers(home)
    # Taken from the list, never from what was typed: a name like ../other/ must not lead out of the home.
    if officer not in known:
        raise LancangError(
            Code.OFFICER_UNKNOWN, f"{officer!r}; this home has {', '.join(known) or 'none that you may read'}"
        )
    return home.officer_certificate(officer).read_bytes(), home.officer_key(officer).read_bytes()


def officer_of(home: Home, officer: str) -> Caller:
    """Who an officer is by his certificate, as the node will see him. Raises OFFICER_UNKNOWN, PEER_CERTIFICATE."""
    import ssl

    from certs.profiles import CertificateError
    from certs.reading import claimed_identity
    from node.model.officer import Caller, Role

    pem, _ = _identity(home, officer)
    try:
        claimed = claimed_identity(ssl.PEM_cert_to_DER_cert(pem.decode("ascii")))
        return Caller(officer, Role(claimed.role or ""), claimed.fingerprint)
    except (CertificateError, ValueError):
        raise LancangError(Code.PEER_CERTIFICATE, f"officer {officer}: its certificate cannot be read") from None


def officers(home: Home) -> list[str]:
    """The officers whose certificates lie in this home."""
    try:
        return sorted(place.name for place in home.officers.iterdir() if place.is_dir())
    except OSError:
        return []


def _meant(problem: grpc.RpcError, home: Home) -> LancangError:
    from node.wire.status import from_rpc_error

    meant = from_rpc_error(problem)
    if meant.code is Code.NODE_UNREACHABLE:
        return LancangError(Code.NODE_NOT_RUNNING, f"{home.path}: its socket does not answer")
    return meant
