"""A disclosure: what is asked of an owner after a hit, what its officers decide, what travels back (protocol.md 8, 9).

Words after SIENA and the Prüm and INTERPOL rules: urgency, grounds of refusal, handling codes, evaluation of source
and information. Values are stored and sent: they are added to, never changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

REQUEST_ID_BYTES = 16


class Urgency(StrEnum):
    """How soon an owner should decide, counted from its receipt."""

    URGENT = "urgent"
    PRIORITY = "priority"
    ROUTINE = "routine"


class Field(StrEnum):
    """What of a record can be asked for. The category always travels with whatever is given."""

    NAMES = "names"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    NATIONALITY = "nationality"
    DOCUMENTS = "documents"
    PHONES = "phones"
    ACCOUNTS = "accounts"


class Ground(StrEnum):
    """Why an owner refuses: a closed list, so that a refusal tells no more than its ground."""

    INVESTIGATION = "harm-to-an-investigation"
    DANGER = "danger-to-a-person"
    DISPROPORTIONATE = "disproportionate"
    NOT_OURS = "not-ours-to-give"
    CHARACTER = "political-military-religious-or-racial-character"
    RECTIFICATION = "pending-rectification"
    VICTIM = "victim-protection"

    @property
    def meaning(self) -> str:
        """One sentence for people."""
        return _GROUNDS[self]


_GROUNDS = {
    Ground.INVESTIGATION: "Giving it would harm an investigation.",
    Ground.DANGER: "Giving it would put a person in danger.",
    Ground.DISPROPORTIONATE: "What is asked for is out of proportion to the case.",
    Ground.NOT_OURS: "The data came from somebody else, who has not agreed.",
    Ground.CHARACTER: "The request is of political, military, religious or racial character.",
    Ground.RECTIFICATION: "The record is being corrected; ask again later.",
    Ground.VICTIM: "The person is protected as a victim or witness.",
}


class Character(StrEnum):
    """What a case is about, beyond its purpose. Only ordinary crime passes (INTERPOL's constitution, article 3)."""

    ORDINARY = "ordinary"
    POLITICAL = "political"
    MILITARY = "military"
    RELIGIOUS = "religious"
    RACIAL = "racial"


class HandlingCode(StrEnum):
    """What a recipient may do with what it is given."""

    H0 = "H0"
    H1 = "H1"
    H2 = "H2"
    H3 = "H3"

    @property
    def meaning(self) -> str:
        """In words, as it stands on every screen that shows the data."""
        return _HANDLING[self]


_HANDLING = {
    HandlingCode.H0: "For the purposes named, police use; not as evidence without the owner's consent.",
    HandlingCode.H1: "As H0, and not to be shown to anybody outside the requesting unit.",
    HandlingCode.H2: "As H1, and no action may be taken on it before the owner agrees.",
    HandlingCode.H3: "Intelligence only: no action, no mention in any file; the words beside it say more.",
}


class Source(StrEnum):
    """How reliable the source is (4 x 4 system)."""

    A = "A"
    B = "B"
    C = "C"
    X = "X"

    @property
    def meaning(self) -> str:
        """In words."""
        return {"A": "no doubt about the source", "B": "mostly reliable", "C": "mostly unreliable", "X": "not known"}[
            self.value
        ]


class Certainty(StrEnum):
    """How sure the information is (4 x 4 system)."""

    KNOWN = "1"
    SEEN = "2"
    TOLD = "3"
    DOUBTFUL = "4"

    @property
    def meaning(self) -> str:
        """In words."""
        return {
            "1": "known to be true",
            "2": "the source's own knowledge",
            "3": "told, and confirmed",
            "4": "doubtful",
        }[self.value]


class Onward(StrEnum):
    """Whether it may be passed on."""

    NEVER = "never"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Handling:
    """How what is given must be handled. uses: purposes of the policy; words: a condition in the owner's words, or ''.

    retain_until_ms: when the requester's copy is erased.
    """

    code: HandlingCode
    source: Source
    certainty: Certainty
    uses: tuple[str, ...]
    onward: Onward
    retain_until_ms: int
    words: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """One shared token of an ask, opened: its position, the kind it has, and the blind (32 bytes) that hid it."""

    position: int
    kind: int
    blind: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Proof:
    """What proves that one paid ask was about a subject like the record a tag names."""

    epoch: int
    ask_id: bytes
    tag: bytes
    opened: tuple[Opened, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """A disclosure request. officer: the requester's pseudonym for him; case: the owner's handle of the case.

    told: what the requester chose to say of its subject, canonical JSON of a person, or '{}'.
    """

    alliance: str
    requester: str
    owner: str
    request_id: bytes
    roster_version: int
    officer: str
    purpose: str
    case: bytes
    character: Character
    legal_basis: str
    necessity: str
    urgency: Urgency
    fields: tuple[Field, ...]
    told: bytes
    proof: Proof
    made_ms: int
    expires_ms: int


class Verdict(StrEnum):
    """What an officer of the owner decides. A confirmation says that it is likely the same person; it gives nothing."""

    CONFIRM = "confirm"
    APPROVE = "approve"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, repr=False)
class Decision:
    """An officer's decision, as he signs it. request: SHA-256 of the request; content: SHA-256 of what is given.

    An approval has fields, content and handling; a refusal its ground.
    """

    alliance: str
    owner: str
    requester: str
    request: bytes
    officer: str
    verdict: Verdict
    made_ms: int
    fields: tuple[Field, ...] = ()
    content: bytes = b""
    handling: Handling | None = None
    ground: Ground | None = None


@dataclass(frozen=True, slots=True, repr=False)
class SignedDecision:
    """A decision as signed. document: its canonical bytes; signature: ECDSA P-256; certificate: the officer's (DER)."""

    decision: Decision
    document: bytes
    signature: bytes
    certificate: bytes


class InState(StrEnum):
    """How a request stands at its owner."""

    RECEIVED = "received"
    CONFIRMED = "confirmed"
    APPROVED_ONCE = "approved-once"
    DISCLOSED = "disclosed"
    READ = "read"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class OutState(StrEnum):
    """How a request stands at its requester."""

    SENT = "sent"
    TAKEN = "taken"
    CONFIRMED = "confirmed"
    DISCLOSED = "disclosed"
    READ = "read"
    ERASED = "erased"
    REFUSED = "refused"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


IN_OPEN = (InState.RECEIVED, InState.CONFIRMED, InState.APPROVED_ONCE)
OUT_OPEN = (OutState.SENT, OutState.TAKEN, OutState.CONFIRMED)
"""Where nothing has come of a request yet."""


class Event(StrEnum):
    """What happens to a request because time passes, or because somebody calls for attention."""

    WARNING = "warning"
    UNATTENDED = "unattended"
    BREACH = "breach"
    ESCALATED = "escalated"
    ESCALATED_THERE = "escalated-there"

    @property
    def meaning(self) -> str:
        """One sentence for people."""
        return _EVENTS[self]

    @property
    def calls_duty_desk(self) -> bool:
        """Whether the duty desk must look, not the officer who holds it alone."""
        return self is not Event.WARNING


_EVENTS = {
    Event.WARNING: "Three quarters of the time are over.",
    Event.UNATTENDED: "An urgent request that nobody has taken on.",
    Event.BREACH: "The time for a decision is over.",
    Event.ESCALATED: "An officer here has called the duty desk.",
    Event.ESCALATED_THERE: "The other side has called the duty desk.",
}


@dataclass(frozen=True, slots=True)
class Noted:
    """An event of a request, once. at_ms: when it was due; ms: when this node noted it."""

    event: Event
    at_ms: int
    ms: int
