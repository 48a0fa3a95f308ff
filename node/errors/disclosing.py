"""What can go wrong after a hit: with its proof, with a request, at the owner's desk, with a reply (7xx)."""

from __future__ import annotations

from node.errors.codes import Code
from node.errors.entry import DENIED, INVALID, PRECONDITION, USAGE_EXIT, Entry

DISCLOSING: dict[Code, Entry] = {
    Code.PROOF_OF_MATCH: Entry(
        DENIED,
        18,
        "The proof of match does not hold",
        "Search again and ask with the new hit; if the proof was altered, the owner's alarm says so.",
    ),
    Code.PROOF_INSUFFICIENT: Entry(
        DENIED,
        18,
        "What is shared says too little for a disclosure",
        "Search with a birth date, a document, a phone or an account as well, and ask with that hit.",
    ),
    Code.REQUEST_REPEATED: Entry(
        "ALREADY_EXISTS",
        18,
        "A disclosure of this hit was requested before",
        "Look at it with `lancang disclosure list`; for another request search again.",
    ),
    Code.REQUEST_EXPIRED: Entry(
        PRECONDITION,
        18,
        "The request or the hit has expired",
        "Search again, and request what the new hit is about.",
    ),
    Code.REQUEST_UNKNOWN: Entry(
        "NOT_FOUND",
        6,
        "No such disclosure request here",
        "List them: `lancang disclosure list` at the requester, `lancang inbox` at the owner.",
    ),
    Code.REQUEST_STATE: Entry(
        PRECONDITION,
        18,
        "The request does not stand so that this could be done",
        "Look at it with `lancang disclosure show`.",
    ),
    Code.SAME_OFFICER: Entry(
        DENIED,
        8,
        "A disclosure needs two different officers, an analyst and an approver",
        "Let an officer of the other role decide.",
    ),
    Code.HIT_UNKNOWN: Entry(
        "NOT_FOUND",
        6,
        "No such hit here",
        "Give the hit_id of a search made here; hits are kept for a limited time.",
    ),
    Code.DECISION_WRONG: Entry(
        INVALID,
        12,
        "The decision is not what it should be",
        "Show the request again and decide on what is shown; the record may have changed.",
    ),
    Code.REPLY_WRONG: Entry(
        "DATA_LOSS", 12, "An owner's reply does not hold", "Keep it as evidence and call the owner's duty desk."
    ),
    Code.FIELD_NOT_ASKED: Entry(
        INVALID,
        USAGE_EXIT,
        "A field was not asked for, or the record lacks it",
        "Give some of the fields shown.",
    ),
    Code.RECORD_GONE: Entry(
        PRECONDITION,
        18,
        "The record that the tag named is no longer there",
        "Search again: the owner has withdrawn the record, or its time is over.",
    ),
    Code.CHARACTER_REFUSED: Entry(
        DENIED,
        18,
        "A request of political, military, religious or racial character is not sent and not taken",
        "Such cases do not belong here (INTERPOL's constitution, article 3); use the way your law provides.",
    ),
    Code.CORRECTION_WRONG: Entry(
        "DATA_LOSS",
        12,
        "An owner's correction does not hold",
        "Call the owner's duty desk: what it corrects was not given here, or is wider than what was given.",
    ),
    Code.REVEAL_UNKNOWN: Entry(
        "NOT_FOUND",
        6,
        "No such search is kept, or nothing was asked to be seen",
        "See `lancang history` and `history reveals`.",
    ),
    Code.KEPT_APART: Entry(
        DENIED,
        18,
        "People decided that this subject is not the person of this record",
        "If that was wrong, let whoever made the exclusion remove it: `lancang exclusion list`.",
    ),
    Code.EXCLUSION_UNKNOWN: Entry(
        "NOT_FOUND",
        6,
        "No such exclusion stands here",
        "List them: `lancang exclusion list`.",
    ),
    Code.ONWARD_NEVER: Entry(
        DENIED,
        18,
        "Its owner gave it on the condition that it is never passed on",
        "Let the third member search and ask the owner itself.",
    ),
}
