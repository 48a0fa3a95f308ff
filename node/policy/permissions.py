"""Who may call what: a table from method to roles, and the question asked of it. What is not in it nobody may call."""

from __future__ import annotations

from node.errors import Code, LancangError
from node.model.officer import Caller, Role

MAY_CALL: dict[str, frozenset[Role]] = {}
"""Full method name (`/node.v1.MatchingService/Ask`) -> the roles that may call it."""


def require(method: str, caller: Caller) -> None:
    """Raise LancangError ROLE_FORBIDDEN unless the caller's role may call the method. Fails closed."""
    if caller.role not in MAY_CALL.get(method, frozenset()):
        raise LancangError(Code.ROLE_FORBIDDEN, f"{caller.role.value} on {method}")
