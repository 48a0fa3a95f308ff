"""What a server presents is told to gRPC where it changed, and only there: to replace it under handshakes is unsafe."""

from __future__ import annotations

from node.app.server import Credentials, Followed


def test_a_handshake_replaces_nothing_unless_the_certificate_or_the_roots_changed() -> None:
    now = [Credentials(b"key", b"certificate", (b"root",))]
    followed = Followed(lambda: now[0])
    assert [followed() for _ in range(3)] == [None] * 3
    now[0] = Credentials(b"key", b"renewed", (b"root",))
    assert followed() is not None
    assert followed() is None
    now[0] = Credentials(b"key", b"renewed", (b"root", b"a new member's"))
    assert followed() is not None
    assert followed() is None
