"""Health and reflection come with gRPC, and stand behind the same door as everything else."""

from __future__ import annotations

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from certs.profiles import Holder
from node.cli.running import running
from node.peers.channel import Identity
from tests.support.hostile_calls import Caller, Refusal, calling, refusal_of, stream_refusal_of
from tests.support.hostile_members import ALLIANCE, issued
from tests.support.hostile_target import TARGET, Target

CHECK = "/grpc.health.v1.Health/Check"
WATCH = "/grpc.health.v1.Health/Watch"
REFLECT = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
LIST = reflection_pb2.ServerReflectionRequest(list_services="").SerializeToString()
GARBAGE = b"\x0a\x7fSomchai"


def forged(target: Target) -> Identity:
    """A certificate that TLS believes and the roster does not."""
    return issued(target.papers["vn"].authority, Holder(ALLIANCE, "cn"))


@pytest.mark.parametrize("node_id", ["cn", "unodc"])
def test_a_peer_is_told_the_health(target: Target, node_id: str) -> None:
    with target.member(node_id) as caller:
        answer = health_pb2.HealthCheckResponse.FromString(caller.unary(CHECK, b""))
        first = health_pb2.HealthCheckResponse.FromString(next(caller.stream(WATCH, b"")))
    assert answer.status == first.status == health_pb2.HealthCheckResponse.SERVING


def test_a_peer_is_shown_the_contract(target: Target) -> None:
    with target.member("cn") as caller:
        answer = reflection_pb2.ServerReflectionResponse.FromString(next(caller.both(REFLECT, [LIST])))
    names = {service.name for service in answer.list_services_response.service}
    assert {"node.v1.MatchingService", "node.v1.SessionService"} <= names
    assert "node.v1.OperatorService" not in names


def test_a_forged_certificate_is_told_neither(target: Target) -> None:
    with target.calling(forged(target)) as caller:
        assert refusal_of(caller, CHECK, b"").code == "LCG-202"
        assert stream_refusal_of(caller.stream(WATCH, b"")).code == "LCG-202"
        assert stream_refusal_of(caller.both(REFLECT, [LIST])).code == "LCG-202"


def test_a_caller_without_a_certificate_is_told_neither(target: Target) -> None:
    with target.calling(None) as caller:
        for refusal in (refusal_of(caller, CHECK, b""), stream_refusal_of(caller.both(REFLECT, [LIST]))):
            assert (refusal.status, refusal.code) == (grpc.StatusCode.UNAVAILABLE, "")


def garbage_at_each(caller: Caller) -> list[Refusal]:
    """How each method refuses what cannot be parsed."""
    return [
        refusal_of(caller, CHECK, GARBAGE),
        stream_refusal_of(caller.stream(WATCH, GARBAGE)),
        stream_refusal_of(caller.both(REFLECT, [GARBAGE])),
    ]


def test_who_calls_is_asked_before_anything_is_parsed(target: Target) -> None:
    with target.calling(forged(target)) as caller:
        assert [refusal.code for refusal in garbage_at_each(caller)] == ["LCG-202"] * 3


def test_garbage_is_refused_as_at_every_other_method(target: Target) -> None:
    with target.member("cn") as caller:
        refusals = garbage_at_each(caller)
    assert [refusal.code for refusal in refusals] == ["LCG-412"] * 3
    assert not any(b"Somchai" in refusal.everything for refusal in refusals)
    target.serves()


def test_officers_are_told_the_health_of_their_own_door(target: Target) -> None:
    home = target.running.node(TARGET).home
    found = running(home)
    assert found is not None
    identity = Identity(home.officer_certificate("auditor").read_bytes(), home.officer_key("auditor").read_bytes())
    with calling(f"unix:{found.operator_socket}", TARGET, target.root(), identity) as caller:
        answer = health_pb2.HealthCheckResponse.FromString(caller.unary(CHECK, b""))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
