"""Every method of both doors: deadlines, sizes, garbage and strangers' fields, refused by code and without an echo.

The methods are taken from the code itself, so that a new one is tried too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import grpc
import pytest

from node.acts.runtime.node import Node
from node.cli.running import running
from node.errors import Code
from node.model.officer import OFFICER_ROLES
from node.peers.channel import Identity
from node.policy.permissions import MAY_CALL
from node.services.gate import Method, Shape
from node.services.matching import matching_methods
from node.services.operator_node import node_methods
from node.services.operator_records import record_methods
from node.services.operator_searches import search_methods
from node.services.session import session_methods
from node.v1 import session_pb2
from tests.support.hostile_calls import Caller, Refusal, RefusedError, calling, refusal_of
from tests.support.hostile_members import roster_of
from tests.support.hostile_target import ASK, HELLO, LIST_EPOCHS, TARGET, Target, answered, wire

# The tables name only what a method takes; no node is needed to read them.
_NOBODY = cast("Node", None)
PEER_METHODS = (*session_methods(_NOBODY), *matching_methods(_NOBODY))
OFFICER_METHODS = (*node_methods(_NOBODY), *search_methods(_NOBODY), *record_methods(_NOBODY))
METHODS = [pytest.param(method, id=method.name.rpartition("/")[2]) for method in (*PEER_METHODS, *OFFICER_METHODS)]
TRANSPORT_LIMIT = 4 * 1024 * 1024
MARKER = b"Somchai-Jaidee-1988"
# A field of 127 bytes that ends after its first few: no parser takes it.
GARBAGE = b"\x0a\x7f" + MARKER
# Field 15000, a string: what a later version of the contract may add.
STRANGE_FIELD = b"\xc2\xa9\x07" + bytes([len(MARKER)]) + MARKER


@contextmanager
def allowed(target: Target, method: Method[Any]) -> Iterator[Caller]:
    """A caller who may call this method."""
    if method in PEER_METHODS:
        with target.member("cn") as caller:
            yield caller
        return
    home = target.running.node(TARGET).home
    role = min(MAY_CALL[method.name] & OFFICER_ROLES)
    identity = Identity(home.officer_certificate(role).read_bytes(), home.officer_key(role).read_bytes())
    found = running(home)
    assert found is not None
    with calling(f"unix:{found.operator_socket}", TARGET, target.root(), identity) as caller:
        yield caller


def refusal_or_none(caller: Caller, method: Method[Any], data: bytes, seconds: float | None = 10.0) -> Refusal | None:
    """How data is refused, None if it is answered."""
    try:
        if method.shape is Shape.UNARY:
            caller.unary(method.name, data, seconds=seconds)
        elif method.shape is Shape.SERVER_STREAM:
            list(caller.stream(method.name, data, seconds=seconds))
        else:
            list(caller.both(method.name, [data], seconds=seconds))
    except RefusedError as refused:
        return refused.refusal
    return None


def send(caller: Caller, method: Method[Any], data: bytes, seconds: float | None = 10.0) -> Refusal:
    """The refusal that data must meet."""
    refusal = refusal_or_none(caller, method, data, seconds)
    assert refusal is not None, f"{method.name} was answered"
    return refusal


def is_plain(refusal: Refusal) -> bool:
    """Whether a refusal carries a code of the catalogue and nothing of the message, a parser or a program."""
    told = refusal.everything.lower()
    words = (b"traceback", b"exception", b"error parsing", b"decodeerror", b".py", MARKER.lower())
    return refusal.code in set(Code) - {Code.INTERNAL} and not any(word in told for word in words)


@pytest.mark.parametrize("method", METHODS)
def test_a_call_without_a_deadline_is_refused_before_it_is_read(target: Target, method: Method[Any]) -> None:
    with allowed(target, method) as caller:
        refusal = send(caller, method, GARBAGE, None)
    assert (refusal.code, refusal.status) == ("LCG-107", grpc.StatusCode.INVALID_ARGUMENT)
    assert is_plain(refusal)


@pytest.mark.parametrize("method", METHODS)
def test_a_deadline_without_end_is_none(target: Target, method: Method[Any]) -> None:
    with allowed(target, method) as caller:
        assert send(caller, method, GARBAGE, method.most_seconds + 60).code == "LCG-107"


@pytest.mark.parametrize("method", METHODS)
def test_a_message_just_above_the_methods_own_limit_is_refused(target: Target, method: Method[Any]) -> None:
    data = MARKER * (method.most_bytes // len(MARKER) + 1)
    with allowed(target, method) as caller:
        refusal = send(caller, method, data[: method.most_bytes + 1])
    if method.most_bytes >= TRANSPORT_LIMIT:
        # The transport itself takes no more.
        assert refusal.status is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert MARKER not in refusal.everything
        return
    assert (refusal.code, is_plain(refusal)) == ("LCG-102", True)


@pytest.mark.parametrize("method", METHODS)
def test_garbage_is_refused_by_code_without_an_echo(target: Target, method: Method[Any]) -> None:
    with allowed(target, method) as caller:
        refusal = send(caller, method, GARBAGE)
    assert (refusal.code, is_plain(refusal)) == ("LCG-412", True)
    assert MARKER.decode() not in target.log()


@pytest.mark.parametrize("method", METHODS)
def test_an_empty_message_is_answered_or_refused_by_code(target: Target, method: Method[Any]) -> None:
    with allowed(target, method) as caller:
        refused = refusal_or_none(caller, method, b"")
    assert refused is None or is_plain(refused)
    target.serves()


def hello(target: Target, **more: Any) -> bytes:
    """A greeting under the roster in force."""
    roster = roster_of(target.running.federation, TARGET)
    return session_pb2.HelloRequest(
        contract=1, roster_version=roster.roster.version, roster_hash=roster.hash, **more
    ).SerializeToString()


def test_fields_of_a_later_contract_are_ignored(target: Target) -> None:
    ask = target.ask("cn")
    with target.member("cn") as caller:
        greeting = session_pb2.HelloResponse.FromString(caller.unary(HELLO, hello(target) + STRANGE_FIELD))
        assert greeting.node_id == TARGET
        assert caller.unary(LIST_EPOCHS, STRANGE_FIELD)
        assert caller.unary(ASK, wire(ask) + STRANGE_FIELD) is not None
        # The same ask without them is the same ask.
        assert answered(caller, ask).ask_id == ask.ask_id


def test_an_unknown_capability_is_refused_by_name(target: Target) -> None:
    with target.member("cn") as caller:
        known = hello(target, required_capabilities=["ask.v1", "ask-many.v1", "index.v1"])
        assert session_pb2.HelloResponse.FromString(caller.unary(HELLO, known)).node_id == TARGET
        refusal = refusal_of(caller, HELLO, hello(target, required_capabilities=["ask.v1", "telepathy.v2"]))
    assert (refusal.code, refusal.status) == ("LCG-104", grpc.StatusCode.FAILED_PRECONDITION)
    assert "telepathy.v2" in refusal.message


def test_a_capability_that_is_no_name_is_not_repeated(target: Target) -> None:
    with target.member("cn") as caller:
        refusal = refusal_of(caller, HELLO, hello(target, required_capabilities=["\x1b[2J" + MARKER.decode()]))
        assert (refusal.code, is_plain(refusal)) == ("LCG-412", True)
        many = hello(target, required_capabilities=["a"] * 65)
        assert refusal_of(caller, HELLO, many).code == "LCG-102"


@pytest.mark.parametrize(
    ("version", "digest", "code"),
    [(1, bytes(32), "LCG-309"), (2, bytes(32), "LCG-309"), (2, b"short", "LCG-412"), (3, b"short", "LCG-412")],
)
def test_another_roster_of_a_known_version_is_refused_at_the_greeting(
    target: Target, version: int, digest: bytes, code: str
) -> None:
    greeting = session_pb2.HelloRequest(contract=1, roster_version=version, roster_hash=digest)
    with target.member("cn") as caller:
        refusal = refusal_of(caller, HELLO, greeting.SerializeToString())
    assert (refusal.code, is_plain(refusal)) == (code, True)


def test_a_method_that_does_not_exist_is_not_there(target: Target) -> None:
    with target.member("cn") as caller, pytest.raises(RefusedError) as refused:
        caller.unary("/node.v1.MatchingService/Steal", b"")
    assert refused.value.refusal.status is grpc.StatusCode.UNIMPLEMENTED


def test_the_officers_methods_are_not_at_the_peers_door(target: Target) -> None:
    with target.member("cn") as caller:
        for method in OFFICER_METHODS:
            assert send(caller, method, b"").status is grpc.StatusCode.UNIMPLEMENTED
