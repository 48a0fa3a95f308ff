"""3xx, 4xx and 5xx: rosters and epochs, the protocol, budgets."""

from __future__ import annotations

from node.errors.codes import Code
from node.errors.entry import INVALID, PRECONDITION, Entry

FEDERATION: dict[Code, Entry] = {
    Code.ROSTER_INVALID: Entry(
        PRECONDITION,
        9,
        "The roster is not valid",
        "Get the current roster from the coordinator and verify it with `lancang roster verify`.",
    ),
    Code.ROSTER_EXPIRED: Entry(
        PRECONDITION,
        9,
        "The roster has expired",
        "The members must sign a new version (`lancang roster draft`, `sign`, `accept`); searches stop until then.",
    ),
    Code.ROSTER_STALE: Entry(
        PRECONDITION,
        9,
        "The two nodes hold different versions of the roster",
        "Take up the newest roster at the node with the older one: `lancang roster accept`.",
    ),
    Code.ROSTER_QUORUM: Entry(PRECONDITION, 9, "Too few members signed the roster", "Collect the missing signatures."),
    Code.EPOCH_UNKNOWN: Entry(
        "NOT_FOUND",
        11,
        "The owner has no such epoch",
        "Wait for the index to synchronise, then search again.",
    ),
    Code.EPOCH_CLOSED: Entry(
        PRECONDITION,
        11,
        "The epoch no longer takes asks",
        "Wait for the next epoch's index to synchronise, then search again.",
    ),
    Code.EPOCH_CHAIN: Entry(
        PRECONDITION,
        11,
        "The owner's epoch statements do not form a chain",
        "Report it to the owner: a second key or a gap is refused.",
    ),
    Code.TABLES_DIFFER: Entry(
        PRECONDITION,
        13,
        "The two nodes use different matcher tables",
        "Update the node with the older Lancang; searches would silently miss.",
    ),
    Code.ROSTER_FORK: Entry(
        PRECONDITION,
        9,
        "There are two rosters of one version",
        "Keep both files as evidence and call the other members by another way: somebody signed two. A node that took "
        "the wrong one goes over with a later version: `lancang roster accept FILE --over-fork`.",
    ),
    Code.ROTATION_RUNNING: Entry(
        PRECONDITION,
        11,
        "The next epoch is being prepared already",
        "Watch it with `lancang epoch show`, or give it up with `lancang epoch rotate --cancel`.",
    ),
    Code.ROTATION_NONE: Entry(
        PRECONDITION, 11, "No epoch is being prepared", "An epoch that has opened can't be taken back; rotate again."
    ),
    Code.SET_BACK: Entry(
        PRECONDITION,
        11,
        "A peer knows more of this node than it does itself",
        "An old copy of its home is running. Stop it, and restore from a backup: `lancang node restore`.",
    ),
    Code.CLOCK_DOUBTFUL: Entry(
        PRECONDITION,
        11,
        "This node's clock leapt, or peers who agree with each other say another time, by more than an hour",
        "Synchronise the clock (NTP). Until then nothing is opened or erased that can't be undone.",
    ),
    Code.EPOCH_PACE: Entry(
        PRECONDITION,
        11,
        "Epochs are opened faster than the alliance allows",
        "Call its owner: each epoch costs every member an index. What is too fast today is taken up tomorrow.",
    ),
    Code.PROOF_WRONG: Entry(
        "DATA_LOSS",
        12,
        "The owner's evaluation does not verify",
        "Keep the answer as evidence and report the owner.",
    ),
    Code.ELEMENT_INVALID: Entry(
        INVALID,
        12,
        "A group element is not canonical or is the identity",
        "Report it: a correct node never sends one.",
    ),
    Code.ASK_ALTERED: Entry(
        INVALID, 12, "The ask does not match its signed id", "Send the ask again as it was signed."
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
        INVALID, 12, "The message cannot be parsed", "Check that both nodes speak the same contract version."
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
}
