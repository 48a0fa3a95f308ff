"""Who calls: a peer node or an officer of this node, known by certificate alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Every role that may call a method. The first four are officers, the next three are nodes."""

    ANALYST = "analyst"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    MEMBER = "member"
    OBSERVER = "observer"
    COORDINATOR = "coordinator"


OFFICER_ROLES = frozenset({Role.ANALYST, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR})
NODE_ROLES = frozenset({Role.MEMBER, Role.OBSERVER, Role.COORDINATOR})


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller: name is a node id (`th`) or an officer id (`analyst`)."""

    name: str
    role: Role
    fingerprint: str
