"""gRPC's own TLS accepts these certificates, and its name constraints keep one member's CA from naming another."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest

from certs.authority import Authority, create_authority
from certs.issuing import certificate_pem, generate_key, issue, private_key_pem
from certs.profiles import Holder, dns_name

NOW = datetime.now(UTC)
TH = Holder("mekong", "th")
CN = Holder("mekong", "cn")
TH_CA = create_authority("mekong", "th", NOW)
CN_CA = create_authority("mekong", "cn", NOW)
Echo = grpc.method_handlers_generic_handler(
    "test.Echo", {"Say": grpc.unary_unary_rpc_method_handler(lambda request, _: request)}
)


def key_pair(authority: Authority, holder: Holder) -> tuple[bytes, bytes]:
    key = generate_key()
    return private_key_pem(key), certificate_pem(issue(authority, holder, key.public_key(), NOW))


@contextmanager
def served(socket: Path, pair: tuple[bytes, bytes], roots: bytes) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(2), handlers=[Echo])
    target = f"unix:{socket}"
    server.add_secure_port(target, grpc.ssl_server_credentials([pair], roots, require_client_auth=True))
    server.start()
    try:
        yield target
    finally:
        server.stop(None).wait()


def say(target: str, pair: tuple[bytes, bytes], roots: bytes) -> bytes:
    credentials = grpc.ssl_channel_credentials(roots, *pair)
    options = [("grpc.ssl_target_name_override", dns_name("mekong", "th"))]
    with grpc.secure_channel(target, credentials, options) as channel:
        call = channel.unary_unary("/test.Echo/Say", request_serializer=bytes, response_deserializer=bytes)
        return call(b"sawasdee", timeout=5)


BOTH = TH_CA.certificate_pem + CN_CA.certificate_pem


@pytest.mark.parametrize(
    ("authority", "holder"),
    [(CN_CA, CN), (TH_CA, Holder("mekong", "th", "analyst", "analyst"))],
    ids=["node", "officer"],
)
def test_a_node_and_an_officer_are_let_in(tmp_path: Path, authority: Authority, holder: Holder) -> None:
    with served(tmp_path / "s", key_pair(TH_CA, TH), BOTH) as target:
        assert say(target, key_pair(authority, holder), TH_CA.certificate_pem) == b"sawasdee"


def test_tls_refuses_a_name_outside_the_issuers_constraints(tmp_path: Path) -> None:
    with served(tmp_path / "s", key_pair(TH_CA, TH), BOTH) as target:
        with pytest.raises(grpc.RpcError) as refused:
            say(target, key_pair(TH_CA, CN), TH_CA.certificate_pem)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


def test_without_constraints_tls_alone_would_let_it_in(tmp_path: Path) -> None:
    """Why verify_leaf must ask which CA issued a leaf."""
    loose = create_authority("mekong", "th", NOW, constrained=False)
    roots = loose.certificate_pem + CN_CA.certificate_pem
    with served(tmp_path / "s", key_pair(loose, TH), roots) as target:
        assert say(target, key_pair(loose, CN), loose.certificate_pem) == b"sawasdee"


def test_a_server_cannot_be_an_officer(tmp_path: Path) -> None:
    officer = key_pair(TH_CA, Holder("mekong", "th", "analyst", "analyst"))
    with served(tmp_path / "s", officer, BOTH) as target, pytest.raises(grpc.RpcError) as refused:
        say(target, key_pair(CN_CA, CN), TH_CA.certificate_pem)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_client_that_believes_one_leaf_believes_no_other_of_the_same_ca(tmp_path: Path) -> None:
    """gRPC takes a leaf for a root: a certificate that was replaced or revoked can't come back unseen."""
    shown, other = key_pair(TH_CA, TH), key_pair(TH_CA, TH)
    with served(tmp_path / "s", shown, BOTH) as target:
        assert say(target, key_pair(CN_CA, CN), shown[1]) == b"sawasdee"
        with pytest.raises(grpc.RpcError) as refused:
            say(target, key_pair(CN_CA, CN), other[1])
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
