"""What an inspection can find, by name: rules that are broken, and patterns that somebody has to explain."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Finding(StrEnum):
    """A name that stays: reports are compared over years."""

    # The draw, which is the owner's.
    DRAW_SIGNATURE = "draw-signature-wrong"
    DRAW_SELECTION = "draw-not-as-the-seed-says"
    DRAW_EPOCH = "draw-epoch-not-vouched-for"
    DRAW_PERIOD = "ask-outside-its-period"
    DRAW_OFFICER = "ask-of-another-officer"
    DRAW_INSPECTOR = "draw-for-an-unknown-inspector"
    ASK_ALTERED = "ask-altered"
    ASK_SIGNATURE = "ask-signature-wrong"
    ASK_TWICE = "ask-drawn-twice"
    LEFT_OUT = "ask-left-out-by-the-owner"
    # The opening, which is the requester's.
    OPENING_SIGNATURE = "opening-signature-wrong"
    OPENING_FOREIGN = "opening-of-another-draw"
    OPENING_MISSING = "opening-missing"
    REFUSED = "opening-refused"
    COMMIT = "commit-does-not-open"
    ELEMENT = "element-not-of-its-token"
    SIZE = "size-wrong"
    SUBJECT = "subject-unreadable"
    FOREIGN_TOKEN = "token-of-nobody-named"  # noqa: S105 - the name of a finding
    BEYOND = "more-readings-than-the-matcher-makes"
    PADDING = "padding-malformed"
    PADDING_REPEATED = "padding-repeated"
    INPUT_TWICE = "token-asked-twice"
    BLIND_TWICE = "blind-used-twice"
    TABLES = "not-checked-other-matcher"
    QUESTIONS = "other-matcher-claimed"
    # Across asks.
    CASES = "one-subject-under-several-cases"
    DATES = "birth-dates-enumerated"
    NAMES = "names-enumerated"
    PACKED = "several-people-in-one-subject"

    @property
    def is_pattern(self) -> bool:
        """Whether it breaks no rule by itself, but wants an explanation. A table of another version is none either."""
        return self in _PATTERNS

    @property
    def meaning(self) -> str:
        """One sentence for people."""
        return _MEANINGS[self]


_PATTERNS = frozenset({Finding.CASES, Finding.DATES, Finding.NAMES, Finding.PACKED, Finding.TABLES, Finding.LEFT_OUT})

_MEANINGS = {
    Finding.DRAW_SIGNATURE: "The draw is not signed by the owner, or was changed after that.",
    Finding.DRAW_SELECTION: "Other asks were drawn than seed, number and population demand.",
    Finding.DRAW_EPOCH: "The epoch of an ask has no statement that the owner signed.",
    Finding.DRAW_PERIOD: "The owner dates this ask outside the draw's period, or outside the time of its epoch.",
    Finding.DRAW_OFFICER: "The draw is limited to one officer, and this ask is another's.",
    Finding.DRAW_INSPECTOR: "The draw was made for an inspector whom none of these rosters names.",
    Finding.ASK_ALTERED: "What stands in the draw is not what the ask's id was made of.",
    Finding.ASK_SIGNATURE: "The requester did not sign this ask: it is not its ask.",
    Finding.ASK_TWICE: "One ask, or one search, was drawn twice.",
    Finding.LEFT_OUT: "The requester has an answer to an ask that the owner's population lacks.",
    Finding.OPENING_SIGNATURE: "The opening is not signed by the requester, or was changed after that.",
    Finding.OPENING_FOREIGN: "The opening is of another draw.",
    Finding.OPENING_MISSING: "The requester did not open this ask.",
    Finding.REFUSED: "The requester refused to open this ask.",
    Finding.COMMIT: "Subject, salt and tokens are not those the requester bound itself to when it asked.",
    Finding.ELEMENT: "An element that was sent is not the blinded token that was opened.",
    Finding.SIZE: "The ask or its opening has another number of positions than the epoch's statement says.",
    Finding.SUBJECT: "The subject is not a person in canonical form.",
    Finding.FOREIGN_TOKEN: "A token does not come of the subject: someone else was asked about as well.",
    Finding.BEYOND: "A token comes of the subject, but beyond those that the matcher asks.",
    Finding.PADDING: "A position holds neither a token nor padding.",
    Finding.PADDING_REPEATED: "Padding was used twice; it must be drawn anew for each position.",
    Finding.INPUT_TWICE: "One token stands at two positions.",
    Finding.BLIND_TWICE: "A blind was used twice.",
    Finding.TABLES: "The ask was made with another matcher, which may know these tokens: check it with that one.",
    Finding.QUESTIONS: "The requester says now that it asked with another matcher of the same tables. Its word alone"
    " says so: this one's tokens count. If a release of Lancang bears the hash it names, check with that release.",
    Finding.CASES: "The same subject was asked about under several cases.",
    Finding.DATES: "One name was asked with several birth dates.",
    Finding.NAMES: "One birth date was asked with several names.",
    Finding.PACKED: "One subject bears more names or numbers than one person is likely to have.",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A finding with what it is about. ask_ids: in hex, none for the whole draw; detail: no name, no birth date."""

    finding: Finding
    ask_ids: tuple[str, ...] = ()
    detail: str = ""
