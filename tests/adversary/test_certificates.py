"""Certificates at both doors of a real node, over real sockets: only the right member's own CA opens them."""

from __future__ import annotations

from datetime import timedelta

import grpc
import pytest

from certs.authority import create_authority
from certs.issuing import private_key_pem
from certs.profiles import Holder
from node.acts.founding.authority_files import open_authority
from node.cli.running import running
from node.model.officer import Role
from node.peers.channel import Identity
from node.v1 import operator_pb2, session_pb2
from tests.support.hostile_calls import Refusal, calling, refusal_of
from tests.support.hostile_members import ALLIANCE, issued, now
from tests.support.hostile_target import HELLO, TARGET, Target

LONG_AGO = timedelta(days=-60)
EPOCHS = "/node.v1.SessionService/ListEpochs"
STATUS = "/node.v1.OperatorService/GetStatus"


def at_peers_door(target: Target, identity: Identity | None) -> Refusal:
    """How the peers' door refuses a certificate."""
    with target.calling(identity) as caller:
        return refusal_of(caller, EPOCHS, session_pb2.ListEpochsRequest(from_epoch=1).SerializeToString())


def at_officers_door(target: Target, identity: Identity | None) -> Refusal:
    """How the officers' door refuses a certificate."""
    found = running(target.running.node(TARGET).home)
    assert found is not None
    with calling(f"unix:{found.operator_socket}", TARGET, target.root(), identity) as caller:
        return refusal_of(caller, STATUS, operator_pb2.GetStatusRequest().SerializeToString())


def refused_by_tls(refusal: Refusal) -> bool:
    """Whether the handshake itself failed: no answer of the node at all."""
    return refusal.status is grpc.StatusCode.UNAVAILABLE and refusal.code == ""


def test_the_right_certificate_opens_the_door(target: Target) -> None:
    with target.member("cn") as caller:
        answer = caller.unary(EPOCHS, session_pb2.ListEpochsRequest(from_epoch=1).SerializeToString())
    assert len(session_pb2.ListEpochsResponse.FromString(answer).epochs) == 1


def test_tls_refuses_another_members_name_from_a_constrained_ca(target: Target) -> None:
    forged = issued(target.papers["la"].authority, Holder(ALLIANCE, "cn"))
    assert refused_by_tls(at_peers_door(target, forged))
    target.serves()


def test_the_node_refuses_another_members_name_from_an_unconstrained_ca(target: Target) -> None:
    """TLS lets it pass: vn's CA is in the roster and may name anybody."""
    forged = issued(target.papers["vn"].authority, Holder(ALLIANCE, "cn"))
    refusal = at_peers_door(target, forged)
    assert (refusal.status, refusal.code) == (grpc.StatusCode.UNAUTHENTICATED, "LCG-202")
    target.serves()


def test_a_forged_certificate_is_refused_before_the_message_is_read(target: Target) -> None:
    forged = issued(target.papers["vn"].authority, Holder(ALLIANCE, "cn"))
    with target.calling(forged) as caller:
        assert refusal_of(caller, HELLO, b"\xff" * 100).code == "LCG-202"


def test_a_node_that_is_in_no_roster_is_unknown(target: Target) -> None:
    refusal = at_peers_door(target, issued(target.papers["vn"].authority, Holder(ALLIANCE, "xx")))
    assert (refusal.status, refusal.code) == (grpc.StatusCode.UNAUTHENTICATED, "LCG-201")


def test_a_node_of_another_alliance_is_unknown(target: Target) -> None:
    refusal = at_peers_door(target, issued(target.papers["vn"].authority, Holder("danube", "cn")))
    assert refusal.code == "LCG-201"


def test_an_expired_certificate_is_refused(target: Target) -> None:
    old = issued(target.papers["cn"].authority, Holder(ALLIANCE, "cn"), begins=LONG_AGO)
    assert refused_by_tls(at_peers_door(target, old))


def test_a_certificate_that_is_not_valid_yet_is_refused(target: Target) -> None:
    early = issued(target.papers["cn"].authority, Holder(ALLIANCE, "cn"), begins=timedelta(days=2))
    assert refused_by_tls(at_peers_door(target, early))


def test_a_caller_without_a_certificate_is_refused(target: Target) -> None:
    assert refused_by_tls(at_peers_door(target, None))
    assert refused_by_tls(at_officers_door(target, None))


def test_a_certificate_of_an_unknown_ca_is_refused(target: Target) -> None:
    stranger = create_authority(ALLIANCE, "cn", now(), constrained=False)
    assert refused_by_tls(at_peers_door(target, issued(stranger, Holder(ALLIANCE, "cn"))))
    self_signed = Identity(stranger.certificate_pem, private_key_pem(stranger.key))
    assert refused_by_tls(at_peers_door(target, self_signed))


def test_a_ca_is_not_a_node(target: Target) -> None:
    """A CA's own certificate and key prove no node, though it is in the roots."""
    authority = target.papers["vn"].authority
    refusal = at_peers_door(target, Identity(authority.certificate_pem, private_key_pem(authority.key)))
    assert refused_by_tls(refusal) or refusal.code == "LCG-202"
    target.serves()


def test_a_revoked_certificate_is_refused_and_its_successor_taken(target: Target) -> None:
    refusal = at_peers_door(target, target.stolen)
    assert (refusal.status, refusal.code) == (grpc.StatusCode.UNAUTHENTICATED, "LCG-202")
    assert "revoked" in refusal.message
    with target.member("kh") as caller:
        assert caller.unary(EPOCHS, session_pb2.ListEpochsRequest(from_epoch=1).SerializeToString())


def test_an_officer_is_no_peer(target: Target) -> None:
    officer = issued(target.papers["cn"].authority, Holder(ALLIANCE, "cn", "analyst", "analyst"))
    assert at_peers_door(target, officer).code == "LCG-202"
    own = target.running.node(TARGET).home
    identity = Identity(own.officer_certificate("analyst").read_bytes(), own.officer_key("analyst").read_bytes())
    assert at_peers_door(target, identity).code == "LCG-202"


def test_a_peer_is_no_officer(target: Target) -> None:
    assert refused_by_tls(at_officers_door(target, target.papers["cn"].identity()))
    own = target.running.node(TARGET)
    authority = open_authority(own.home, own.secret_file.read_bytes().strip())
    node_itself = issued(authority, Holder(ALLIANCE, TARGET))
    refusal = at_officers_door(target, node_itself)
    assert (refusal.status, refusal.code) == (grpc.StatusCode.UNAUTHENTICATED, "LCG-204")


def test_an_officer_of_another_member_does_not_pass_the_officers_door(target: Target) -> None:
    stranger = issued(target.papers["vn"].authority, Holder(ALLIANCE, TARGET, "analyst", "analyst"))
    assert refused_by_tls(at_officers_door(target, stranger))
    own = target.running.node(TARGET)
    authority = open_authority(own.home, own.secret_file.read_bytes().strip())
    # Our own CA signs an officer of another node: possible for a careless administrator, and still no officer here.
    confused = issued(authority, Holder(ALLIANCE, "cn", "analyst", "analyst"))
    assert at_officers_door(target, confused).code in ("LCG-202", "LCG-204")


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.COORDINATOR])
def test_who_holds_no_records_may_greet_but_not_ask(target: Target, role: Role) -> None:
    node_id = next(name for name, paper in target.papers.items() if paper.role is role)
    with target.member(node_id) as caller:
        assert caller.unary(EPOCHS, session_pb2.ListEpochsRequest(from_epoch=1).SerializeToString())
        refusal = refusal_of(caller, "/node.v1.MatchingService/Ask", b"")
    assert (refusal.status, refusal.code) == (grpc.StatusCode.PERMISSION_DENIED, "LCG-203")
