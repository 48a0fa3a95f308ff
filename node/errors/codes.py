"""Every code of an error, in the order of the catalogue."""

from __future__ import annotations

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
    EPOCH_PACE = "LCG-314"
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
