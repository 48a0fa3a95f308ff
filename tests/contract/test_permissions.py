"""Who may call what: the table covers every method of the contracts, and nothing else."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor import FileDescriptor

from node.errors import Code, LancangError
from node.model.officer import NODE_ROLES, OFFICER_ROLES, Caller, Role
from node.policy.permissions import MAY_CALL, require
from tests.support.contracts import descriptors

CONTRACTS: tuple[FileDescriptor, ...] = descriptors()


def declared() -> set[str]:
    return {
        f"/{service.full_name}/{method.name}"
        for contract in CONTRACTS
        for service in contract.services_by_name.values()
        for method in service.methods
    }


def test_every_method_of_the_contracts_has_its_roles_and_no_other_is_named() -> None:
    ours = {method for method in MAY_CALL if method.startswith("/node.")}
    assert ours == declared()
    assert all(MAY_CALL.values())


def test_no_node_may_call_an_officers_method_and_no_officer_a_peers() -> None:
    for method in declared():
        foreign = NODE_ROLES if "Operator" in method else OFFICER_ROLES
        assert not MAY_CALL[method] & foreign


def test_an_observer_neither_asks_nor_receives_an_index() -> None:
    for name in ("Ask", "AskMany", "SubscribeIndex"):
        method = f"/node.v1.MatchingService/{name}"
        with pytest.raises(LancangError) as refusal:
            require(method, Caller("interpol", Role.OBSERVER, ""))
        assert refusal.value.code is Code.ROLE_FORBIDDEN


def test_an_administrator_sees_no_person_and_an_auditor_searches_nobody() -> None:
    for name in ("Search", "SearchMany", "ShowRecord", "ImportRecords", "WithdrawRecord"):
        for role in (Role.ADMINISTRATOR, Role.AUDITOR):
            assert role not in MAY_CALL[f"/node.v1.OperatorService/{name}"]


def test_an_unknown_method_is_refused_to_everyone() -> None:
    for role in Role:
        with pytest.raises(LancangError) as refusal:
            require("/node.v1.OperatorService/Unknown", Caller("x", role, ""))
        assert refusal.value.code is Code.ROLE_FORBIDDEN
