"""Who may call what: a table from method to roles, and the question asked of it. What is not in it nobody may call.

A test compares the table with the methods that the contracts declare. docs/operations.md is checked against it.
"""

from __future__ import annotations

from typing import Final

from node.errors import Code, LancangError
from node.model.officer import NODE_ROLES, OFFICER_ROLES, Caller, Role

_MEMBER = frozenset({Role.MEMBER})
_ANALYST = frozenset({Role.ANALYST})
_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
_RECORD_KEEPERS = frozenset({Role.ANALYST, Role.APPROVER})
_PEER = "/node.v1.SessionService"
_MATCHING = "/node.v1.MatchingService"
_COURIER = "/node.v1.CourierService"
_OPERATOR = "/node.v1.OperatorService"
_MEMBERSHIP = "/node.v1.OperatorMembershipService"
_BACKUP = "/node.v1.OperatorBackupService"
_EPOCHS = "/node.v1.OperatorEpochsService"
_INSPECTIONS = "/node.v1.OperatorInspectionsService"
_ALARMS = "/node.v1.OperatorAlarmsService"
_RESTORED = "/node.v1.OperatorRestoredService"
_AUDIT = "/node.v1.AuditService"
_OPERATOR_AUDIT = "/node.v1.OperatorAuditService"
_HISTORY = "/node.v1.OperatorHistoryService"
_DISCLOSURES = "/node.v1.OperatorDisclosuresService"
_LETTERS = "/node.v1.OperatorCourierService"
_CORRECTIONS = "/node.v1.OperatorCorrectionsService"
_EXCLUSIONS = "/node.v1.OperatorExclusionsService"
_SUBJECTS = "/node.v1.OperatorSubjectsService"
_ONWARD = "/node.v1.OperatorOnwardService"

MAY_CALL: Final[dict[str, frozenset[Role]]] = {
    # Peers. Only who holds records may ask, or be given an index.
    f"{_PEER}/Hello": NODE_ROLES,
    f"{_PEER}/ListEpochs": NODE_ROLES,
    f"{_PEER}/FetchRoster": NODE_ROLES,
    f"{_MATCHING}/Ask": _MEMBER,
    f"{_MATCHING}/AskMany": _MEMBER,
    f"{_MATCHING}/SubscribeIndex": _MEMBER,
    # An observer has nothing to write, and nobody writes to it.
    f"{_COURIER}/Deliver": _MEMBER,
    # Whoever is in the roster may be a witness of every log, and have its own witnessed.
    # Whoever watches sees numbers, and no member sees another one's.
    "/node.v1.CountsService/GetCounts": frozenset({Role.OBSERVER, Role.COORDINATOR}),
    f"{_AUDIT}/Cosign": NODE_ROLES,
    f"{_AUDIT}/GetCheckpoints": NODE_ROLES,
    f"{_AUDIT}/GetConsistency": NODE_ROLES,
    f"{_AUDIT}/ListShared": NODE_ROLES,
    # Officers. An administrator and an auditor see no person; an analyst and an approver don't see the whole log.
    f"{_OPERATOR}/GetStatus": OFFICER_ROLES,
    f"{_OPERATOR}/RunDoctor": OFFICER_ROLES,
    f"{_OPERATOR}/ListPeers": OFFICER_ROLES,
    f"{_OPERATOR}/GetRoster": OFFICER_ROLES,
    f"{_OPERATOR}/Search": _ANALYST,
    f"{_OPERATOR}/SearchMany": _ANALYST,
    f"{_OPERATOR}/ImportRecords": _ANALYST,
    f"{_OPERATOR}/ShowRecord": _RECORD_KEEPERS,
    f"{_OPERATOR}/WithdrawRecord": _RECORD_KEEPERS,
    f"{_OPERATOR}/ListActs": frozenset({Role.AUDITOR}),
    # Who belongs is decided by the members and taken up by an administrator.
    f"{_MEMBERSHIP}/AcceptRoster": _ADMINISTRATOR,
    f"{_MEMBERSHIP}/ListRosters": OFFICER_ROLES,
    f"{_MEMBERSHIP}/SuspendPeer": _ADMINISTRATOR,
    f"{_MEMBERSHIP}/ResumePeer": _ADMINISTRATOR,
    # Encrypted to a key that is not on the machine.
    f"{_BACKUP}/Backup": _ADMINISTRATOR,
    f"{_RESTORED}/GetRestored": OFFICER_ROLES,
    f"{_RESTORED}/ConfirmRestored": _ADMINISTRATOR,
    f"{_EPOCHS}/ListOwnEpochs": OFFICER_ROLES,
    f"{_EPOCHS}/RotateEpoch": _ADMINISTRATOR,
    f"{_EPOCHS}/CancelRotation": _ADMINISTRATOR,
    # An opening shows persons, to an inspector: no one else than the auditor may give it out.
    f"{_INSPECTIONS}/DrawAsks": frozenset({Role.AUDITOR}),
    f"{_INSPECTIONS}/OpenAsks": frozenset({Role.AUDITOR}),
    f"{_ALARMS}/ListAlarms": frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    f"{_ALARMS}/AcknowledgeAlarm": frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    # The log is the auditor's. An administrator keeps it whole; what it erases of it is an act the auditor sees.
    f"{_OPERATOR_AUDIT}/GetLogState": frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    f"{_OPERATOR_AUDIT}/MakeCheckpoint": frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    f"{_OPERATOR_AUDIT}/CheckLog": frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    f"{_OPERATOR_AUDIT}/SearchActs": frozenset({Role.AUDITOR}),
    f"{_OPERATOR_AUDIT}/ExportLog": frozenset({Role.AUDITOR}),
    f"{_OPERATOR_AUDIT}/ReconcileLog": frozenset({Role.AUDITOR}),
    f"{_OPERATOR_AUDIT}/ForgetActs": _ADMINISTRATOR,
    # An analyst asks; at the owner's desk an analyst and an approver decide.
    f"{_DISCLOSURES}/RequestDisclosure": _ANALYST,
    f"{_DISCLOSURES}/ListDisclosures": _RECORD_KEEPERS,
    f"{_DISCLOSURES}/ShowDisclosure": _RECORD_KEEPERS,
    f"{_DISCLOSURES}/ReadDisclosure": _RECORD_KEEPERS,
    f"{_DISCLOSURES}/WithdrawDisclosure": _ANALYST,
    f"{_DISCLOSURES}/EscalateDisclosure": _RECORD_KEEPERS,
    f"{_DISCLOSURES}/ListInbox": _RECORD_KEEPERS,
    f"{_DISCLOSURES}/ShowInboxEntry": _RECORD_KEEPERS,
    f"{_DISCLOSURES}/TakeInboxEntry": _RECORD_KEEPERS,
    f"{_DISCLOSURES}/DecideInboxEntry": _RECORD_KEEPERS,
    # What waits for whom, without a body: whoever works with letters may look, and may ask for another try.
    f"{_LETTERS}/ListLetters": OFFICER_ROLES,
    f"{_LETTERS}/ShowLetter": OFFICER_ROLES,
    f"{_LETTERS}/RetryPeer": frozenset({Role.ANALYST, Role.APPROVER, Role.ADMINISTRATOR}),
    # What follows a disclosure.
    f"{_CORRECTIONS}/ListCorrections": _RECORD_KEEPERS,
    # Who searched, not whom; that takes a second auditor.
    f"{_HISTORY}/ListHistory": frozenset({Role.AUDITOR}),
    f"{_HISTORY}/AskReveal": frozenset({Role.AUDITOR}),
    f"{_HISTORY}/AgreeToReveal": frozenset({Role.AUDITOR}),
    f"{_HISTORY}/OpenReveal": frozenset({Role.AUDITOR}),
    f"{_HISTORY}/ListReveals": frozenset({Role.AUDITOR}),
    f"{_EXCLUSIONS}/AddExclusion": _RECORD_KEEPERS,
    f"{_EXCLUSIONS}/ListExclusions": _RECORD_KEEPERS,
    f"{_EXCLUSIONS}/RemoveExclusion": _RECORD_KEEPERS,
    "/node.v1.OperatorCountsService/CollectCounts": OFFICER_ROLES,
    # It gathers all that is known of one person: for whoever answers that person, and no one else.
    f"{_SUBJECTS}/ReportRecord": frozenset({Role.APPROVER}),
    f"{_SUBJECTS}/ReportSubject": frozenset({Role.APPROVER}),
    f"{_ONWARD}/AskOnward": _ANALYST,
    f"{_ONWARD}/ListOnward": _RECORD_KEEPERS,
    f"{_ONWARD}/ShowOnward": _RECORD_KEEPERS,
    f"{_ONWARD}/DecideOnward": _RECORD_KEEPERS,
    # Whoever is authenticated may ask for health and for the contract itself.
    "/grpc.health.v1.Health/Check": NODE_ROLES | OFFICER_ROLES,
    "/grpc.health.v1.Health/Watch": NODE_ROLES | OFFICER_ROLES,
    "/grpc.health.v1.Health/List": NODE_ROLES | OFFICER_ROLES,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": NODE_ROLES | OFFICER_ROLES,
}
"""Full method name -> the roles that may call it."""

_NO_PERSONS = frozenset({"GetStatus", "RunDoctor", "ListPeers", "GetRoster", "ListActs"})
WHILE_HELD: Final = frozenset(
    method
    for method in MAY_CALL
    if method.startswith((_PEER, _MEMBERSHIP, _BACKUP, _RESTORED, _EPOCHS, _ALARMS, _AUDIT, _OPERATOR_AUDIT, "/grpc."))
    or method in {f"{_OPERATOR}/{name}" for name in _NO_PERSONS}
)
"""What a node does while it is held after a restore. Whoever was cut off since the backup would get the rest too."""


def require_free(method: str) -> None:
    """Raise LancangError NODE_RESTORED for what a held node does not do. Fails closed."""
    if method not in WHILE_HELD:
        raise LancangError(Code.NODE_RESTORED)


def require(method: str, caller: Caller) -> None:
    """Raise LancangError ROLE_FORBIDDEN unless the caller's role may call the method. Fails closed."""
    if caller.role not in MAY_CALL.get(method, frozenset()):
        name = method.rpartition("/")[2]
        raise LancangError(Code.ROLE_FORBIDDEN, f"{caller.role.value} may not call {name}")
