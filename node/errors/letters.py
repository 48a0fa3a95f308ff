"""4xx, continued: letters that must arrive."""

from __future__ import annotations

from node.errors.codes import Code
from node.errors.entry import INVALID, PRECONDITION, Entry

LETTERS: dict[Code, Entry] = {
    Code.LETTER_ALTERED: Entry(
        INVALID, 12, "A letter or its receipt is not what it should be", "Report it: a correct node never sends one."
    ),
    Code.LETTER_GAP: Entry(
        PRECONDITION,
        12,
        "A letter came before the one that precedes it",
        "The sender sends the missing one first, by itself.",
    ),
    Code.LETTER_REUSED: Entry(
        "ALREADY_EXISTS",
        12,
        "Another letter bore this number, or this id",
        "Ask the sender whether its node was restored from a backup; otherwise report it.",
    ),
    Code.LETTER_UNKNOWN: Entry(
        PRECONDITION, 13, "The node knows no letter of this kind", "Update that node to the alliance's version."
    ),
    Code.LETTER_EXPIRED: Entry(
        "DEADLINE_EXCEEDED", 14, "The letter was not delivered in time", "Write it again if it is still needed."
    ),
    Code.LETTER_RETURNED: Entry(
        PRECONDITION, 14, "The letter's recipient left the alliance", "Find out which member took over its work."
    ),
}
