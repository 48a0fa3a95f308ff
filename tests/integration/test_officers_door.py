"""The officers' door: which role may call what, and who is no officer at all."""

from __future__ import annotations

import stat
from datetime import timedelta

import grpc
import pytest

from certs.profiles import Holder
from node.acts.founding.authority_files import open_authority, pem_to_der
from node.cli.running import running
from node.errors import LancangError
from node.model.officer import OFFICER_ROLES, Role
from node.peers.channel import Identity
from node.policy.permissions import MAY_CALL
from tests.support.federation import RunningFederation
from tests.support.hostile_calls import calling, refusal_of, stream_refusal_of
from tests.support.hostile_members import issued

OPERATOR = "/node.v1.OperatorService/"
METHODS = sorted(method for method in MAY_CALL if method.startswith(OPERATOR))
STREAMS = {f"{OPERATOR}SearchMany", f"{OPERATOR}ImportRecords"}
FORBIDDEN = "LCG-203"
GARBAGE = b"\xff"


def socket_of(pair: RunningFederation, node_id: str = "th") -> str:
    """Where a node's officers call it."""
    found = running(pair.node(node_id).home)
    assert found is not None
    return f"unix:{found.operator_socket}"


def own_root(pair: RunningFederation, node_id: str = "th") -> bytes:
    """A node's own CA, DER."""
    return pem_to_der(pair.node(node_id).home.ca_certificate.read_bytes())


def officer_of(pair: RunningFederation, role: Role, node_id: str = "th") -> Identity:
    """The certificate of one of a node's first officers."""
    home = pair.node(node_id).home
    return Identity(home.officer_certificate(role).read_bytes(), home.officer_key(role).read_bytes())


def code_of(pair: RunningFederation, identity: Identity, method: str) -> str:
    """The code that a call with garbage meets: past the door the garbage is what is wrong."""
    with calling(socket_of(pair), "th", own_root(pair), identity) as caller:
        if method in STREAMS:
            return stream_refusal_of(caller.both(method, [GARBAGE])).code
        return refusal_of(caller, method, GARBAGE).code


@pytest.mark.parametrize("role", sorted(OFFICER_ROLES))
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.rpartition("/")[2])
def test_a_role_opens_its_own_methods_only(pair: RunningFederation, role: Role, method: str) -> None:
    code = code_of(pair, officer_of(pair, role), method)
    assert (code != FORBIDDEN) == (role in MAY_CALL[method])


def test_nobody_but_the_auditor_reads_the_log(pair: RunningFederation) -> None:
    assert MAY_CALL[f"{OPERATOR}ListActs"] == {Role.AUDITOR}
    assert pair.acts("th")


def test_an_officer_who_is_not_in_the_home_is_unknown(pair: RunningFederation) -> None:
    with pytest.raises(LancangError) as refused, pair.officer("th", "nobody"):
        raise AssertionError("nobody came in")
    assert refused.value.code == "LCG-204"
    done = pair.command("--as", "nobody", "peers", home="th")
    assert done.returncode == refused.value.exit_code
    assert "LCG-204" in done.stderr


def test_an_officer_of_another_node_does_not_come_in(pair: RunningFederation) -> None:
    stranger = officer_of(pair, Role.ANALYST, "cn")
    with calling(socket_of(pair), "th", own_root(pair), stranger) as caller:
        assert refusal_of(caller, f"{OPERATOR}GetStatus", b"").status is grpc.StatusCode.UNAVAILABLE


def test_an_officer_whose_certificate_expired_does_not_come_in(pair: RunningFederation) -> None:
    node = pair.node("th")
    authority = open_authority(node.home, node.secret_file.read_bytes().strip())
    holder = Holder("mekong", "th", "analyst", "analyst")
    late = issued(authority, holder, begins=timedelta(0), lifetime=timedelta(seconds=-60))
    with calling(socket_of(pair), "th", own_root(pair), late) as caller:
        assert refusal_of(caller, f"{OPERATOR}GetStatus", b"").status is grpc.StatusCode.UNAVAILABLE


def test_a_new_officer_comes_in_without_a_restart(pair: RunningFederation) -> None:
    node = pair.node("th")
    authority = open_authority(node.home, node.secret_file.read_bytes().strip())
    fresh = issued(authority, Holder("mekong", "th", "night-shift", "auditor"))
    with calling(socket_of(pair), "th", own_root(pair), fresh) as caller:
        assert caller.unary(f"{OPERATOR}GetStatus", b"")
        assert refusal_of(caller, f"{OPERATOR}Search", GARBAGE).code == FORBIDDEN


def test_the_socket_lies_in_a_private_directory(pair: RunningFederation) -> None:
    found = running(pair.node("th").home)
    assert found is not None
    assert stat.S_IMODE(found.operator_socket.parent.stat().st_mode) == 0o700
    assert len(str(found.operator_socket)) < 108
