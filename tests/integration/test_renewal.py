"""Certificates change while the node serves: renewed, by itself too, issued and revoked; and no stream is lost."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certs.issuing import certificate_pem, checked_key, issue
from certs.profiles import Holder, dns_name
from certs.reading import read_certificate
from node.acts.founding.authority_files import open_authority, pem_to_der
from node.acts.membership.renew import renew_node_certificate
from node.clock import SystemClock
from node.errors import Code, LancangError
from node.peers.channel import Identity
from node.storage.durable_files import write_durably
from node.v1 import matching_pb2, operator_pb2
from tests.support.ceremony import typed
from tests.support.federation import RunningFederation, wait_for
from tests.support.hostile_calls import calling
from tests.support.hostile_members import keys_of

SUBSCRIBE = "/node.v1.MatchingService/SubscribeIndex"


def renew(pair: RunningFederation, node_id: str) -> int:
    """Renew a node's certificate as its administrator would; the new serial number."""
    node = pair.node(node_id)
    renew_node_certificate(node.home, node.secret_file.read_bytes().strip(), SystemClock().now_ms())
    return read_certificate(pem_to_der(node.home.node_certificate.read_bytes())).serial_number


def identity_of(pair: RunningFederation, node_id: str) -> Identity:
    """A node's own identity."""
    certificate = pair.node(node_id).home.node_certificate.read_bytes()
    return Identity(certificate, keys_of(pair.federation, node_id).tls_key_pem)


def shown_by(pair: RunningFederation, node_id: str, caller: Identity, scratch: Path) -> int:
    """The serial number of the certificate that a node shows in a new handshake."""
    node = pair.node(node_id)
    file = scratch / "identity.pem"
    file.write_bytes(caller.private_key + caller.certificate)
    context = ssl.create_default_context(cafile=str(node.home.ca_certificate))
    context.load_cert_chain(file)
    context.set_alpn_protocols(["h2"])
    address = (node.endpoint.host, node.endpoint.port)
    with (
        socket.create_connection(address, timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=dns_name("mekong", node_id)) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    assert shown is not None
    return read_certificate(shown).serial_number


def test_a_server_shows_its_new_certificate_and_keeps_its_streams(pair: RunningFederation, tmp_path: Path) -> None:
    caller_identity = identity_of(pair, "cn")
    root = pem_to_der(pair.node("th").home.ca_certificate.read_bytes())
    with calling(str(pair.node("th").endpoint), "th", root, caller_identity) as caller:
        stream = caller.stream(SUBSCRIBE, matching_pb2.SubscribeIndexRequest(epoch=1).SerializeToString(), seconds=60)
        first = matching_pb2.SubscribeIndexResponse.FromString(next(stream))
        assert first.WhichOneof("message") == "opening"
        before = shown_by(pair, "th", caller_identity, tmp_path)
        renewed = renew(pair, "th")
        assert renewed != before
        assert shown_by(pair, "th", caller_identity, tmp_path) == renewed
        renewed_at = SystemClock().now_ms()
        # The old stream goes on: a head signed after the renewal comes on it.
        assert any(
            message.WhichOneof("message") == "head" and message.head.ms > renewed_at
            for message in map(matching_pb2.SubscribeIndexResponse.FromString, stream)
        )


def test_a_client_moves_to_its_new_certificate_and_loses_nothing(pair: RunningFederation) -> None:
    received = [act for act in pair.acts("cn") if act.kind == "index-received"]
    served = len([act for act in pair.acts("th") if act.kind in {"index-served", "index-resumed"}])
    renew(pair, "cn")

    def moved() -> bool:
        return len([act for act in pair.acts("th") if act.kind in {"index-served", "index-resumed"}]) > served

    wait_for(moved, "cn subscribes anew under its new certificate", 15)
    wait_for(lambda: pair.peers("cn")[0].state == "in-sync", "cn is in sync", 15)
    # The stream resumed where it was: the snapshot was not fetched again.
    assert [act for act in pair.acts("cn") if act.kind == "index-received"] == received
    assert "certificate renewed" in pair.node("cn").home.log.read_text(encoding="utf-8")


def test_a_certificate_is_renewed_by_itself_when_less_than_a_third_is_left(pair: RunningFederation) -> None:
    node = pair.node("cn")
    authority = open_authority(node.home, node.secret_file.read_bytes().strip())
    key = load_pem_private_key(keys_of(pair.federation, "cn").tls_key_pem, None).public_key()
    short = issue(
        authority, Holder("mekong", "cn"), checked_key(key), datetime.now(UTC), lifetime=timedelta(seconds=30)
    )
    write_durably(node.home.node_certificate, certificate_pem(short), 0o644)

    def renewed() -> bool:
        leaf = read_certificate(pem_to_der(node.home.node_certificate.read_bytes()))
        return leaf.not_valid_after_utc - datetime.now(UTC) > timedelta(days=29)

    wait_for(renewed, "cn renews its certificate", 15)
    wait_for(lambda: pair.peers("cn")[0].state == "in-sync", "cn is in sync", 15)
    assert "certificates renewed" in node.home.log.read_text(encoding="utf-8")


def test_an_officer_is_revoked_at_once_also_in_the_middle_of_a_stream(pair: RunningFederation) -> None:
    home = pair.node("th").home
    assert "valid until" in typed("operator", "add", "somchai", "--role", "analyst", home=home.path)
    revoked, over = threading.Event(), threading.Event()

    def queries() -> Iterator[operator_pb2.SearchManyRequest]:
        header = operator_pb2.SearchManyHeader(purpose="telecom-fraud", case_number="C-1")
        yield operator_pb2.SearchManyRequest(header=header)
        query = json.dumps({"query_id": "q", "phones": ["+66811111111"]}).encode()
        yield operator_pb2.SearchManyRequest(query=operator_pb2.SearchManyQuery(line=1, query=query))
        assert revoked.wait(30)
        yield operator_pb2.SearchManyRequest(query=operator_pb2.SearchManyQuery(line=2, query=query))
        over.wait(30)

    def search_on() -> None:
        with pair.officer("th", "somchai") as stub:
            for answer in stub.SearchMany(queries(), timeout=60.0):
                assert answer.line == 1
                assert "revoked" in typed("operator", "revoke", "somchai", home=home.path)
                revoked.set()

    with pytest.raises(LancangError) as refused:
        search_on()
    over.set()
    assert (refused.value.code, refused.value.detail) == (
        Code.PEER_CERTIFICATE,
        "the certificate was revoked at this node",
    )
    assert not home.officer_key("somchai").exists()
    # The id may be given again; the log knows of the one before.
    typed("operator", "add", "somchai", "--role", "auditor", home=home.path)
    assert pair.command("acts", "--as", "somchai", home="th").returncode == 0
    wait_for(lambda: any(act.kind == "officer-revoked" for act in pair.acts("th")), "the revocation is an act", 15)
    typed("operator", "revoke", "somchai", home=home.path)
