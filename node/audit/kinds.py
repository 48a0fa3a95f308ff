"""What acts there are: the kinds, and the number that each has in leaves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ActKind(StrEnum):
    """What was done. Values are stored: they are added to, never changed."""

    NODE_STARTED = "node-started"
    NODE_STOPPED = "node-stopped"
    ROSTER_ACCEPTED = "roster-accepted"
    ROSTER_RECEIVED = "roster-received"
    ROSTER_REFUSED = "roster-refused"
    ROSTER_OVER_FORK = "roster-over-fork"
    OFFICER_REVOKED = "officer-revoked"
    PEER_SUSPENDED = "peer-suspended"
    PEER_RESUMED = "peer-resumed"
    BACKED_UP = "backed-up"
    NODE_RESTORED = "node-restored"
    RESTORED_CONFIRMED = "restored-confirmed"
    ROTATION_BEGUN = "rotation-begun"
    ROTATION_GIVEN_UP = "rotation-given-up"
    EPOCH_OPENED = "epoch-opened"
    EPOCH_CLOSED = "epoch-closed"
    PEER_EPOCH_ACCEPTED = "peer-epoch-accepted"
    RECORD_STORED = "record-stored"
    RECORD_WITHDRAWN = "record-withdrawn"
    RECORD_SHOWN = "record-shown"
    RECORDS_IMPORTED = "record-imported"
    IMPORT_DROPPED = "import-dropped"
    INDEX_SERVED = "index-served"
    INDEX_RECEIVED = "index-received"
    INDEX_REFUSED = "index-refused"
    SEARCH = "search"
    ASK_SENT = "ask-sent"
    ASK_RECEIVED = "ask-received"
    ASK_ANSWERED = "ask-answered"
    ANSWER_REFUSED = "answer-refused"
    REFUSAL = "refusal"
    ASKS_DRAWN = "asks-drawn"
    ASKS_OPENED = "asks-opened"
    OPENING_REFUSED = "opening-refused"
    LETTER_DELIVERED = "letter-delivered"
    LETTER_RECEIVED = "letter-received"
    LETTER_REFUSED = "letter-refused"
    LETTER_GIVEN_UP = "letter-given-up"
    ALARM_RAISED = "alarm-raised"
    ALARM_ACKNOWLEDGED = "alarm-acknowledged"
    ANSWER_RECEIVED = "answer-received"
    ASK_REFUSED_THERE = "ask-refused-there"
    INDEX_HEAD = "index-head"
    LOG_REFUSED = "log-refused"
    LOG_BEGUN_ANEW = "log-begun-anew"
    LOG_SET_BACK = "log-set-back"
    LOG_ALTERED = "log-altered"
    INDEX_RESUMED = "index-resumed"
    ACTS_FORGOTTEN = "acts-forgotten"
    LOG_EXPORTED = "log-exported"
    LOG_RECONCILED = "log-reconciled"
    DISCLOSURE_REQUESTED = "disclosure-requested"
    DISCLOSURE_RECEIVED = "disclosure-received"
    DISCLOSURE_SHOWN = "disclosure-shown"
    DISCLOSURE_DECIDED = "disclosure-decided"
    DISCLOSURE_GIVEN = "disclosure-given"
    DISCLOSURE_REFUSED = "disclosure-refused"
    DISCLOSURE_RECEIVED_REPLY = "disclosure-reply-received"
    DISCLOSURE_READ = "disclosure-read"
    DISCLOSURE_ERASED = "disclosure-erased"
    DISCLOSURE_WITHDRAWN = "disclosure-withdrawn"
    DISCLOSURE_EXPIRED = "disclosure-expired"
    LETTERS_SENT_AGAIN = "letters-sent-again"
    LETTER_FAULT = "letter-fault"
    DISCLOSURE_EVENT = "disclosure-event"
    DISCLOSURE_CONFIRMED = "disclosure-confirmed"
    CORRECTION_SENT = "correction-sent"
    CORRECTION_RECEIVED = "correction-received"
    SEARCHES_ERASED = "searches-erased"
    REQUESTS_ERASED = "requests-erased"
    HISTORY_SHOWN = "history-shown"
    REVEAL_ASKED = "reveal-asked"
    REVEAL_AGREED = "reveal-agreed"
    REVEALED = "revealed"
    EXCLUSION_MADE = "exclusion-made"
    EXCLUSION_REMOVED = "exclusion-removed"
    SUBJECT_REPORTED = "subject-reported"
    ONWARD_ASKED = "onward-asked"
    ONWARD_RECEIVED = "onward-received"
    ONWARD_GRANTED = "onward-granted"
    ONWARD_REFUSED = "onward-refused"


CODES: Final[dict[ActKind, int]] = {
    ActKind.NODE_STARTED: 1,
    ActKind.NODE_STOPPED: 2,
    ActKind.ROSTER_ACCEPTED: 3,
    ActKind.ROSTER_RECEIVED: 4,
    ActKind.ROSTER_REFUSED: 5,
    ActKind.OFFICER_REVOKED: 6,
    ActKind.PEER_SUSPENDED: 7,
    ActKind.PEER_RESUMED: 8,
    ActKind.BACKED_UP: 9,
    ActKind.NODE_RESTORED: 10,
    ActKind.ROTATION_BEGUN: 11,
    ActKind.ROTATION_GIVEN_UP: 12,
    ActKind.EPOCH_OPENED: 13,
    ActKind.EPOCH_CLOSED: 14,
    ActKind.PEER_EPOCH_ACCEPTED: 15,
    ActKind.RECORD_STORED: 16,
    ActKind.RECORD_WITHDRAWN: 17,
    ActKind.RECORD_SHOWN: 18,
    ActKind.RECORDS_IMPORTED: 19,
    ActKind.IMPORT_DROPPED: 20,
    ActKind.INDEX_SERVED: 21,
    ActKind.INDEX_RECEIVED: 22,
    ActKind.INDEX_REFUSED: 23,
    ActKind.SEARCH: 24,
    ActKind.ASK_SENT: 25,
    ActKind.ASK_RECEIVED: 26,
    ActKind.ASK_ANSWERED: 27,
    ActKind.ANSWER_REFUSED: 28,
    ActKind.REFUSAL: 29,
    ActKind.ASKS_DRAWN: 30,
    ActKind.ASKS_OPENED: 31,
    ActKind.OPENING_REFUSED: 32,
    ActKind.ALARM_RAISED: 33,
    ActKind.ALARM_ACKNOWLEDGED: 34,
    ActKind.ANSWER_RECEIVED: 35,
    ActKind.ASK_REFUSED_THERE: 36,
    ActKind.INDEX_HEAD: 37,
    ActKind.LOG_REFUSED: 38,
    ActKind.LOG_BEGUN_ANEW: 39,
    ActKind.LOG_SET_BACK: 40,
    ActKind.LOG_ALTERED: 41,
    ActKind.INDEX_RESUMED: 42,
    ActKind.ACTS_FORGOTTEN: 43,
    ActKind.LOG_EXPORTED: 44,
    ActKind.LOG_RECONCILED: 45,
    ActKind.RESTORED_CONFIRMED: 46,
    ActKind.LETTER_DELIVERED: 47,
    ActKind.LETTER_RECEIVED: 48,
    ActKind.LETTER_REFUSED: 49,
    ActKind.LETTER_GIVEN_UP: 50,
    ActKind.DISCLOSURE_REQUESTED: 51,
    ActKind.DISCLOSURE_RECEIVED: 52,
    ActKind.DISCLOSURE_SHOWN: 53,
    ActKind.DISCLOSURE_DECIDED: 54,
    ActKind.DISCLOSURE_GIVEN: 55,
    ActKind.DISCLOSURE_REFUSED: 56,
    ActKind.DISCLOSURE_RECEIVED_REPLY: 57,
    ActKind.DISCLOSURE_READ: 58,
    ActKind.DISCLOSURE_ERASED: 59,
    ActKind.DISCLOSURE_WITHDRAWN: 60,
    ActKind.DISCLOSURE_EXPIRED: 61,
    ActKind.LETTERS_SENT_AGAIN: 62,
    ActKind.LETTER_FAULT: 63,
    ActKind.DISCLOSURE_EVENT: 64,
    ActKind.DISCLOSURE_CONFIRMED: 65,
    ActKind.CORRECTION_SENT: 66,
    ActKind.CORRECTION_RECEIVED: 67,
    ActKind.ROSTER_OVER_FORK: 68,
    ActKind.SEARCHES_ERASED: 69,
    ActKind.REQUESTS_ERASED: 70,
    ActKind.HISTORY_SHOWN: 71,
    ActKind.REVEAL_ASKED: 72,
    ActKind.REVEAL_AGREED: 73,
    ActKind.REVEALED: 74,
    ActKind.EXCLUSION_MADE: 75,
    ActKind.EXCLUSION_REMOVED: 76,
    ActKind.SUBJECT_REPORTED: 77,
    ActKind.ONWARD_ASKED: 78,
    ActKind.ONWARD_RECEIVED: 79,
    ActKind.ONWARD_GRANTED: 80,
    ActKind.ONWARD_REFUSED: 81,
}
"""The byte that names a kind in a leaf. Numbers are never changed and never given again; new kinds take the next."""
