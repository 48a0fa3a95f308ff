"""What gRPC's own words for UNAVAILABLE are taken for: a wrong certificate is the peer's fault, a slow line is not."""

from __future__ import annotations

import pytest

from node.wire.status import is_handshake_failure

PREFIX = "failed to connect to all addresses; last error: UNAVAILABLE: ipv4:127.0.0.1:7443: "


@pytest.mark.parametrize(
    "text",
    [
        "Handshake read failed (Socket closed)",
        "Handshake read failed (recvmsg:Connection reset by peer (104))",
        "Handshake write failed (Broken pipe)",
        "Handshake timed out",
        # The time to connect ran out while a busy machine was still computing.
        "Handshaker shutdown",
        "TSI handshaker shutdown",
        "tcp handshaker shutdown",
        "Failed to connect to remote host: Connection refused",
    ],
)
def test_a_line_that_broke_or_was_slow_says_nothing_of_certificates(text: str) -> None:
    assert not is_handshake_failure(PREFIX + text)


@pytest.mark.parametrize(
    "text",
    [
        "Ssl handshake failed (TSI_PROTOCOL_FAILURE): SSL_ERROR_SSL: error:1000007d:SSL routines:OPENSSL_internal:"
        "CERTIFICATE_VERIFY_FAILED: unable to get local issuer certificate",
        "Peer name th.node.mekong.lancang is not in peer certificate",
        "Custom verification check failed with error: UNAUTHENTICATED: Hostname Verification Check failed.",
    ],
)
def test_a_certificate_that_does_not_verify_is_told_as_such(text: str) -> None:
    assert is_handshake_failure(PREFIX + text)
