"""The error catalogue: every failure a person or a peer may see, with a code, a remedy and one meaning.

An error is raised where the fact is known. It becomes a gRPC status in services/ and an exit code in cli/,
at exactly one place each. docs/errors.md is generated from CATALOGUE.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Stable error codes. Numbers are never reused."""

    # 1xx input
    INPUT_INVALID = "LCG-101"
    INPUT_TOO_LARGE = "LCG-102"
    UNKNOWN_PURPOSE = "LCG-103"
    UNKNOWN_CAPABILITY = "LCG-104"
    SUBJECT_EMPTY = "LCG-105"
    RECORD_NOT_FOUND = "LCG-106"
    DEADLINE_MISSING = "LCG-107"
    FILE_UNREADABLE = "LCG-108"
    MAPPING_INVALID = "LCG-109"
    # 2xx identity and roles
    PEER_UNKNOWN = "LCG-201"
    PEER_CERTIFICATE = "LCG-202"
    ROLE_FORBIDDEN = "LCG-203"
    OFFICER_UNKNOWN = "LCG-204"
    PEER_SUSPENDED = "LCG-205"
    # 3xx roster and epochs
    ROSTER_INVALID = "LCG-301"
    ROSTER_EXPIRED = "LCG-302"
    ROSTER_STALE = "LCG-303"
    ROSTER_QUORUM = "LCG-304"
    EPOCH_UNKNOWN = "LCG-305"
    EPOCH_CLOSED = "LCG-306"
    EPOCH_CHAIN = "LCG-307"
    TABLES_DIFFER = "LCG-308"
    ROSTER_FORK = "LCG-309"
    ROTATION_RUNNING = "LCG-310"
    ROTATION_NONE = "LCG-311"
    SET_BACK = "LCG-312"
    CLOCK_DOUBTFUL = "LCG-313"
    # 4xx the protocol
    PROOF_WRONG = "LCG-401"
    ELEMENT_INVALID = "LCG-402"
    ASK_ALTERED = "LCG-403"
    ASK_REUSED = "LCG-404"
    SIGNATURE_WRONG = "LCG-405"
    BATCH_MALFORMED = "LCG-406"
    BATCH_GAP = "LCG-407"
    BATCH_FORK = "LCG-408"
    BATCH_REPLAYED = "LCG-409"
    INDEX_STALE = "LCG-410"
    INDEX_FAULT = "LCG-411"
    MESSAGE_MALFORMED = "LCG-412"
    INDEX_MISSING = "LCG-413"
    # 5xx budgets
    BUDGET_SPENT = "LCG-501"
    RATE_LIMITED = "LCG-502"
    # 6xx the node itself
    NODE_UNREACHABLE = "LCG-601"
    NODE_TIMEOUT = "LCG-602"
    NODE_DRAINING = "LCG-603"
    NODE_LOCKED = "LCG-604"
    NODE_NOT_RUNNING = "LCG-605"
    SECRET_MISSING = "LCG-606"  # noqa: S105 - an error code
    SECRET_WRONG = "LCG-607"  # noqa: S105 - an error code
    STORAGE_DAMAGED = "LCG-608"
    STORAGE_NEWER = "LCG-609"
    DISK_FULL = "LCG-610"
    CONFIG_INVALID = "LCG-611"
    BACKUP_DAMAGED = "LCG-612"
    BACKUP_KEY = "LCG-613"
    INTERNAL = "LCG-699"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue.

    status: canonical gRPC status name. exit_code: what the command line ends with (5 and up; 0 to 4 are
    answers). title: what happened. remedy: what to do about it.
    """

    status: str
    exit_code: int
    title: str
    remedy: str


USAGE_EXIT = 2
_INVALID, _DENIED, _PRECONDITION = "INVALID_ARGUMENT", "PERMISSION_DENIED", "FAILED_PRECONDITION"

CATALOGUE: dict[Code, Entry] = {
    Code.INPUT_INVALID: Entry(_INVALID, USAGE_EXIT, "The input is not valid", "Correct the named field and try again."),
    Code.INPUT_TOO_LARGE: Entry(
        _INVALID, USAGE_EXIT, "The input is too large", "Send less at once; the limit is named."
    ),
    Code.UNKNOWN_PURPOSE: Entry(
        _INVALID,
        USAGE_EXIT,
        "The purpose is not in the roster's policy",
        "Choose one of the purposes that `lancang roster show` lists.",
    ),
    Code.UNKNOWN_CAPABILITY: Entry(
        _PRECONDITION,
        13,
        "The peer requires a capability this node lacks",
        "Update this node to the alliance's version.",
    ),
    Code.SUBJECT_EMPTY: Entry(
        _INVALID,
        USAGE_EXIT,
        "Nothing to search for",
        "Give at least a name, a document, a phone or an account.",
    ),
    Code.RECORD_NOT_FOUND: Entry(
        "NOT_FOUND", 6, "No such record here", "Check the record id, or the tag with its audience and epoch."
    ),
    Code.DEADLINE_MISSING: Entry(
        _INVALID, 10, "The call carries no deadline", "Set a deadline of at most 15 minutes on every call."
    ),
    Code.FILE_UNREADABLE: Entry(
        _INVALID,
        USAGE_EXIT,
        "The file cannot be read",
        "Check the path, its permissions and its encoding (UTF-8).",
    ),
    Code.MAPPING_INVALID: Entry(
        _INVALID,
        USAGE_EXIT,
        "The column mapping is not valid",
        "See docs/operations.md for what a mapping may say.",
    ),
    Code.PEER_UNKNOWN: Entry(
        "UNAUTHENTICATED",
        7,
        "The caller is not in the roster",
        "Ask the coordinator whether the roster is current.",
    ),
    Code.PEER_CERTIFICATE: Entry(
        "UNAUTHENTICATED",
        7,
        "The certificate is not one this member's own CA issued for this node",
        "Renew the node's certificate with its own CA.",
    ),
    Code.ROLE_FORBIDDEN: Entry(
        _DENIED,
        8,
        "This role may not do this",
        "Use an officer or node whose role allows it; docs/operations.md has the table.",
    ),
    Code.OFFICER_UNKNOWN: Entry(
        "UNAUTHENTICATED",
        7,
        "No such officer at this node",
        "Name an officer of this node with --as or LANCANG_OFFICER.",
    ),
    Code.PEER_SUSPENDED: Entry(
        _DENIED, 8, "This member is suspended here", "Contact the duty desk of the node that suspended it."
    ),
    Code.ROSTER_INVALID: Entry(
        _PRECONDITION,
        9,
        "The roster is not valid",
        "Get the current roster from the coordinator and verify it with `lancang roster verify`.",
    ),
    Code.ROSTER_EXPIRED: Entry(
        _PRECONDITION,
        9,
        "The roster has expired",
        "The members must sign a new version (`lancang roster draft`, `sign`, `accept`); searches stop until then.",
    ),
    Code.ROSTER_STALE: Entry(
        _PRECONDITION,
        9,
        "The two nodes hold different versions of the roster",
        "Take up the newest roster at the node with the older one: `lancang roster accept`.",
    ),
    Code.ROSTER_QUORUM: Entry(_PRECONDITION, 9, "Too few members signed the roster", "Collect the missing signatures."),
    Code.EPOCH_UNKNOWN: Entry(
        "NOT_FOUND",
        11,
        "The owner has no such epoch",
        "Wait for the index to synchronise, then search again.",
    ),
    Code.EPOCH_CLOSED: Entry(
        _PRECONDITION,
        11,
        "The epoch no longer takes asks",
        "Wait for the next epoch's index to synchronise, then search again.",
    ),
    Code.EPOCH_CHAIN: Entry(
        _PRECONDITION,
        11,
        "The owner's epoch statements do not form a chain",
        "Report it to the owner: a second key or a gap is refused.",
    ),
    Code.TABLES_DIFFER: Entry(
        _PRECONDITION,
        13,
        "The two nodes use different matcher tables",
        "Update the node with the older Lancang; searches would silently miss.",
    ),
    Code.ROSTER_FORK: Entry(
        _PRECONDITION,
        9,
        "There are two rosters of one version",
        "Keep both files as evidence and call the other members by another way: somebody signed two.",
    ),
    Code.ROTATION_RUNNING: Entry(
        _PRECONDITION,
        11,
        "The next epoch is being prepared already",
        "Watch it with `lancang epoch show`, or give it up with `lancang epoch rotate --cancel`.",
    ),
    Code.ROTATION_NONE: Entry(
        _PRECONDITION, 11, "No epoch is being prepared", "An epoch that has opened can't be taken back; rotate again."
    ),
    Code.SET_BACK: Entry(
        _PRECONDITION,
        11,
        "A peer knows more of this node than it does itself",
        "An old copy of its home is running. Stop it, and restore from a backup: `lancang node restore`.",
    ),
    Code.CLOCK_DOUBTFUL: Entry(
        _PRECONDITION,
        11,
        "Most peers say another time than this node's clock, by more than an hour",
        "Synchronise the clock (NTP). Until then nothing is opened or erased that can't be undone.",
    ),
    Code.PROOF_WRONG: Entry(
        "DATA_LOSS",
        12,
        "The owner's evaluation does not verify",
        "Keep the answer as evidence and report the owner.",
    ),
    Code.ELEMENT_INVALID: Entry(
        _INVALID,
        12,
        "A group element is not canonical or is the identity",
        "Report it: a correct node never sends one.",
    ),
    Code.ASK_ALTERED: Entry(
        _INVALID, 12, "The ask does not match its signed id", "Send the ask again as it was signed."
    ),
    Code.ASK_REUSED: Entry(
        "ALREADY_EXISTS",
        12,
        "This search id was already used by another ask",
        "Draw a new search id for every search.",
    ),
    Code.SIGNATURE_WRONG: Entry(
        "UNAUTHENTICATED",
        12,
        "A signature does not verify under the roster's key",
        "Check that both nodes hold the current roster; otherwise report it.",
    ),
    Code.BATCH_MALFORMED: Entry(
        "DATA_LOSS", 12, "An index batch is malformed", "Report it to the owner; its index is not applied."
    ),
    Code.BATCH_GAP: Entry(
        "DATA_LOSS",
        12,
        "An index batch does not follow the last one",
        "The stream resumes by itself; report it if it persists.",
    ),
    Code.BATCH_FORK: Entry(
        "DATA_LOSS",
        12,
        "The owner shows two histories of one index",
        "Keep both heads as evidence and report the owner.",
    ),
    Code.BATCH_REPLAYED: Entry(
        "DATA_LOSS", 12, "An index batch was sent twice", "Report it to the owner if it persists."
    ),
    Code.INDEX_STALE: Entry(
        "UNAVAILABLE",
        12,
        "The owner has signed no index head for too long",
        "The answer covers the index as of the time shown; ask the owner's duty desk.",
    ),
    Code.INDEX_FAULT: Entry("DATA_LOSS", 12, "The owner's index breaks its own limits", "Report it to the owner."),
    Code.MESSAGE_MALFORMED: Entry(
        _INVALID, 12, "The message cannot be parsed", "Check that both nodes speak the same contract version."
    ),
    Code.INDEX_MISSING: Entry(
        "UNAVAILABLE",
        14,
        "This node holds no copy of the owner's index yet",
        "Wait for the index to synchronise; `lancang doctor` shows the lag.",
    ),
    Code.BUDGET_SPENT: Entry(
        "RESOURCE_EXHAUSTED",
        15,
        "The evaluation budget is spent",
        "Search again at the time shown, or ask the alliance for a larger budget.",
    ),
    Code.RATE_LIMITED: Entry("RESOURCE_EXHAUSTED", 15, "Too many calls at once", "Try again after the time shown."),
    Code.NODE_UNREACHABLE: Entry(
        "UNAVAILABLE",
        14,
        "The node cannot be reached",
        "Check the network and the node's status; the search went on without it.",
    ),
    Code.NODE_TIMEOUT: Entry(
        "DEADLINE_EXCEEDED",
        14,
        "The node did not answer in time",
        "Search again; if it persists, ask the node's administrator.",
    ),
    Code.NODE_DRAINING: Entry("UNAVAILABLE", 14, "The node is shutting down", "Try again when it is back."),
    Code.NODE_LOCKED: Entry(
        _PRECONDITION,
        16,
        "Another process runs this node",
        "Stop the other process first; `lancang node status` shows it.",
    ),
    Code.NODE_NOT_RUNNING: Entry(
        "UNAVAILABLE",
        14,
        "This node is not running",
        "Start it with `lancang node run` or `lancang network up`.",
    ),
    Code.SECRET_MISSING: Entry(
        _PRECONDITION,
        16,
        "The node's secret was not given",
        "Set LANCANG_SECRET_FILE, a systemd credential, or LANCANG_SECRET.",
    ),
    Code.SECRET_WRONG: Entry(
        _PRECONDITION,
        16,
        "The node's secret does not open its keys",
        "Give the secret this node was created with.",
    ),
    Code.STORAGE_DAMAGED: Entry(
        "DATA_LOSS",
        17,
        "Stored data is damaged or was altered",
        "Restore the node from a backup; do not use what it shows.",
    ),
    Code.STORAGE_NEWER: Entry(
        _PRECONDITION,
        17,
        "The database was written by a newer Lancang",
        "Run at least the version that wrote it.",
    ),
    Code.DISK_FULL: Entry(
        "RESOURCE_EXHAUSTED", 17, "The disk is full", "Free space; nothing was lost, the act was not done."
    ),
    Code.CONFIG_INVALID: Entry(
        _PRECONDITION,
        USAGE_EXIT,
        "The node's configuration is not valid",
        "Correct the named setting; docs/operations.md lists all of them.",
    ),
    Code.BACKUP_DAMAGED: Entry(
        "DATA_LOSS",
        17,
        "The backup is cut off, altered, or no backup",
        "Take another one; nothing of this was restored.",
    ),
    Code.BACKUP_KEY: Entry(
        _PRECONDITION,
        16,
        "The backup was made for another key",
        "Name the private half of the key that `node backup` was given.",
    ),
    Code.INTERNAL: Entry(
        "INTERNAL",
        70,
        "Something went wrong inside the node",
        "See the node's log under the reference shown.",
    ),
}


class LancangError(Exception):
    """A failure with a code, what exactly happened, and what to do.

    detail never holds a secret or personal data: it may be logged and sent to a peer.
    """

    def __init__(self, code: Code, detail: str = "", *, remedy: str = "", retry_after_ms: int | None = None) -> None:
        self.code = code
        self.detail = detail
        self.remedy = remedy or CATALOGUE[code].remedy
        self.retry_after_ms = retry_after_ms
        super().__init__(f"{code.value} {CATALOGUE[code].title}" + (f": {detail}" if detail else ""))

    @property
    def title(self) -> str:
        """What happened, in general."""
        return CATALOGUE[self.code].title

    @property
    def status(self) -> str:
        """Canonical gRPC status name."""
        return CATALOGUE[self.code].status

    @property
    def exit_code(self) -> int:
        """Exit code of the command line."""
        return CATALOGUE[self.code].exit_code

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process."""
        return (_rebuild, (self.code, self.detail, self.remedy, self.retry_after_ms))


def _rebuild(code: Code, detail: str, remedy: str, retry_after_ms: int | None) -> LancangError:
    return LancangError(code, detail, remedy=remedy, retry_after_ms=retry_after_ms)
