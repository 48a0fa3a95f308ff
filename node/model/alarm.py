"""Alarms: what of a peer's or an own officer's doing looks like probing, and who has looked at it since."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AlarmKind(StrEnum):
    """What is counted. Values are stored: they are added to, never changed."""

    NIGHT = "night-asks"
    RATE = "unusual-rate"
    OFFICER = "many-asks-of-one-officer"
    CASES = "many-cases-with-one-ask"
    DATES = "birth-dates-over-one-name"
    NAMES = "names-over-one-birth-date"
    NUMBERS = "numbers-enumerated"
    POSSIBLE = "many-possible-hits"
    EQUIVOCATION = "two-histories"
    EPOCHS = "too-many-epochs"
    BUDGET_HERE = "budget-spent-here"
    BUDGET_THERE = "budget-spent-there"
    LOG_FORK = "log-with-two-histories"
    LOG_SET_BACK = "log-set-back"
    LOG_ALTERED = "log-altered"
    FORGED_PROOF = "forged-proof-of-match"
    NEVER_GIVEN = "hits-that-lead-to-nothing"

    @property
    def meaning(self) -> str:
        """One sentence for people."""
        return _MEANINGS[self]


_MEANINGS = {
    AlarmKind.NIGHT: "A peer asks many times in one night.",
    AlarmKind.RATE: "A peer asks far more in a day than it used to.",
    AlarmKind.OFFICER: "One officer of a peer asks very much in a day.",
    AlarmKind.CASES: "A peer asks under many cases, each of them once.",
    AlarmKind.DATES: "An officer here tries birth dates with one name.",
    AlarmKind.NAMES: "An officer here tries names with one birth date.",
    AlarmKind.NUMBERS: "An officer here tries numbers that differ in a few neighbouring digits.",
    AlarmKind.POSSIBLE: "An officer here collects possible hits, and nothing comes of them.",
    AlarmKind.EQUIVOCATION: "What a peer signed of an index, epoch or roster does not go with what it signed before.",
    AlarmKind.EPOCHS: "A peer opens epochs faster than the roster's policy allows.",
    AlarmKind.BUDGET_HERE: "A peer goes on asking after its budget here is spent.",
    AlarmKind.BUDGET_THERE: "This node goes on asking after its budget at a peer is spent.",
    AlarmKind.LOG_FORK: "A peer's log does not go on from what was vouched for: leaves were taken back or changed.",
    AlarmKind.LOG_SET_BACK: "A log was set back to an earlier state and begins anew: what came after it is lost there.",
    AlarmKind.LOG_ALTERED: "Rows of this node's log do not go with its tree or its checkpoints: somebody changed them.",
    AlarmKind.FORGED_PROOF: "A peer requested a disclosure with a proof of match that does not hold.",
    AlarmKind.NEVER_GIVEN: "A peer's hits are asked about again and again, and never lead to a disclosure.",
}


@dataclass(frozen=True, slots=True)
class Concern:
    """What an alarm is about. peer: the other node, or ''; officer: its pseudonym there, an own officer here, or ''."""

    kind: AlarmKind
    peer: str = ""
    officer: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """How much was counted of a concern, and from which number on it is an alarm."""

    concern: Concern
    number: int
    threshold: int

    @property
    def reached(self) -> bool:
        """Whether it is one."""
        return self.number >= self.threshold


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as it is kept. number: the largest counted while it was open; acknowledged_ms: 0 while it is open."""

    alarm_no: int
    concern: Concern
    number: int
    threshold: int
    first_ms: int
    last_ms: int
    acknowledged_ms: int = 0
    acknowledged_by: str = ""
    note: str = ""
