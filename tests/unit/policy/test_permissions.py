"""Who may call what: what is not in the table nobody may call."""

from __future__ import annotations

import pytest

from node.errors import Code, LancangError
from node.model.officer import Caller, Role
from node.policy import permissions
from node.policy.permissions import MAY_CALL, require


@pytest.mark.parametrize("role", Role)
def test_an_unknown_method_is_refused_to_everybody(role: Role) -> None:
    with pytest.raises(LancangError) as refused:
        require("/node.v1.OperatorService/NoSuchMethod", Caller("x", role, ""))
    assert refused.value.code is Code.ROLE_FORBIDDEN


def test_a_method_is_open_to_its_roles_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(permissions.MAY_CALL, "/test/Method", frozenset({Role.ANALYST}))
    require("/test/Method", Caller("a", Role.ANALYST, ""))
    for role in set(Role) - {Role.ANALYST}:
        with pytest.raises(LancangError):
            require("/test/Method", Caller("a", role, ""))


def test_every_entry_names_a_full_method_and_at_least_one_role() -> None:
    assert MAY_CALL
    for method, roles in MAY_CALL.items():
        assert method.startswith("/")
        assert method.count("/") == 2
        assert roles
