"""4xx and 6xx, continued: the log and its witnesses."""

from __future__ import annotations

from node.errors.codes import Code
from node.errors.entry import PRECONDITION, Entry

LOG: dict[Code, Entry] = {
    Code.LOG_FORK: Entry(
        "DATA_LOSS",
        12,
        "A log does not go on from what was vouched for",
        "Keep both checkpoints as evidence and call the log's owner by another way: leaves were taken back or changed.",
    ),
    Code.LOG_BEHIND: Entry(
        PRECONDITION,
        12,
        "The proof begins at another checkpoint than the witness knows",
        "Nothing: the node fetches what the witness knows and sends the proof from there.",
    ),
    Code.LOG_ALTERED: Entry(
        "DATA_LOSS",
        17,
        "The log was altered: it is not what was signed",
        "Do not trust what is named. Find out who could write the database or the file, and take it from a backup.",
    ),
}
