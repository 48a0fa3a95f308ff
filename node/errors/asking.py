"""1xx and 2xx: what was asked, and by whom."""

from __future__ import annotations

from node.errors.codes import Code
from node.errors.entry import DENIED, INVALID, PRECONDITION, USAGE_EXIT, Entry

ASKING: dict[Code, Entry] = {
    Code.INPUT_INVALID: Entry(INVALID, USAGE_EXIT, "The input is not valid", "Correct the named field and try again."),
    Code.INPUT_TOO_LARGE: Entry(
        INVALID, USAGE_EXIT, "The input is too large", "Send less at once; the limit is named."
    ),
    Code.UNKNOWN_PURPOSE: Entry(
        INVALID,
        USAGE_EXIT,
        "The purpose is not in the roster's policy",
        "Choose one of the purposes that `lancang roster show` lists.",
    ),
    Code.UNKNOWN_CAPABILITY: Entry(
        PRECONDITION,
        13,
        "The peer requires a capability this node lacks",
        "Update this node to the alliance's version.",
    ),
    Code.SUBJECT_EMPTY: Entry(
        INVALID,
        USAGE_EXIT,
        "Nothing to search for",
        "Give at least a name, a document, a phone or an account.",
    ),
    Code.RECORD_NOT_FOUND: Entry(
        "NOT_FOUND", 6, "No such record here", "Check the record id, or the tag with its audience and epoch."
    ),
    Code.DEADLINE_MISSING: Entry(
        INVALID, 10, "The call carries no deadline", "Set a deadline of at most 15 minutes on every call."
    ),
    Code.FILE_UNREADABLE: Entry(
        INVALID,
        USAGE_EXIT,
        "The file cannot be read",
        "Check the path, its permissions and its encoding (UTF-8).",
    ),
    Code.MAPPING_INVALID: Entry(
        INVALID,
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
        DENIED,
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
        DENIED, 8, "This member is suspended here", "Contact the duty desk of the node that suspended it."
    ),
}
