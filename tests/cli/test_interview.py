"""The interview checks each answer as it is given, says what is wrong, and asks again."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from node.cli.interview import Talk, interview
from node.cli.query import Subject, Terms
from node.errors import Code, LancangError

PURPOSES = ("telecom-fraud", "missing-person")


@dataclass
class Officer:
    """Somebody who gives these answers, and goes away after the last of them."""

    answers: list[str]
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def searches(self, purpose: str | None = None, case: str | None = None) -> tuple[Subject, Terms]:
        return interview(purpose, case, PURPOSES, Talk(self._answer, self.told.append))

    def _answer(self, question: str) -> str | None:
        self.asked.append(question)
        return self.answers.pop(0) if self.answers else None


def test_it_goes_field_by_field() -> None:
    person = ["Somchai", "Lek", "", "Latn", "1986-12-09", "male", "TH", "", "+66812345678", "", ""]
    officer = Officer([*person, "telecom-fraud", "K-1"])
    subject, under = officer.searches()
    assert subject == Subject(
        names=("Somchai", "Lek"),
        script="Latn",
        birth_date="1986-12-09",
        sex="male",
        nationality="TH",
        phones=("+66812345678",),
    )
    assert under == Terms("telecom-fraud", "K-1")
    assert officer.answers == []


def test_it_does_not_ask_again_what_options_said() -> None:
    officer = Officer(["Somchai"])
    _, under = officer.searches("telecom-fraud", "K-1")
    assert under == Terms("telecom-fraud", "K-1")
    assert not any("Purpose" in question or "Case" in question for question in officer.asked)


# In the order of the questions; an empty answer goes on.
MENDED = [
    ("names", ["12", "Somchai"], ["", "", "", "", "", "", "", ""], "no letter"),
    ("names", ["x" * 300, "Somchai"], ["", "", "", "", "", "", "", ""], "longer than 200"),
    ("script", ["Somchai", "", "Siamese", "Thai"], ["", "", "", "", "", ""], "ISO 15924"),
    ("birth_date", ["Somchai", "", "", "9 Dec 1986", "1986-02-30", "2529-12-09"], ["", "", "", "", ""], "YYYY-MM-DD"),
    ("sex", ["Somchai", "", "", "", "m", "male"], ["", "", "", ""], "male, female"),
    ("nationality", ["Somchai", "", "", "", "", "Thailand", "TH"], ["", "", ""], "two letters"),
    ("documents", ["", "", "", "", "", "passport", "passport:TH:AA1234567", ""], ["", ""], "TYPE:ISSUER:NUMBER"),
    ("phones", ["", "", "", "", "", "", "12", "+66812345678", ""], [""], "5 to 15 digits"),
    (
        "accounts",
        ["", "", "", "", "", "", "", "GB82WEST12345698765431", "GB82WEST12345698765432"],
        [""],
        "check digits",
    ),
]


@pytest.mark.parametrize(("named", "answers", "rest", "said"), MENDED, ids=[case[0] for case in MENDED])
def test_a_wrong_answer_is_told_at_once_and_asked_again(
    named: str, answers: list[str], rest: list[str], said: str
) -> None:
    officer = Officer([*answers, *rest, "telecom-fraud", "K-1"])
    subject, _ = officer.searches()
    right = [answer for answer in answers if answer][-1]
    value = getattr(subject, named)
    assert value in (right, (right,))
    assert officer.answers == []
    assert any("Not taken" in told and said in told for told in officer.told)
    # What was refused may stand on a screen that others see: it is not repeated.
    assert not any("9 Dec" in told or "Siamese" in told or "xxx" in told for told in officer.told)


def test_a_wrong_answer_may_be_left_out() -> None:
    officer = Officer(["Somchai", "", "", "soon", "", "", "", "", "", "", "telecom-fraud", "K-1"])
    subject, _ = officer.searches()
    assert subject == Subject(names=("Somchai",))


def test_purpose_and_case_are_needed_and_checked() -> None:
    person = ["Somchai", "", "", "", "", "", "", "", ""]
    officer = Officer([*person, "", "curiosity", "telecom-fraud", "", "K" * 200, "K-1"])
    assert officer.searches()[1] == Terms("telecom-fraud", "K-1")
    told = " ".join(officer.told)
    assert "telecom-fraud, missing-person" in told
    assert "not one of these purposes" in told
    assert "at most 128" in told


def test_whoever_has_no_name_and_no_number_is_not_searched() -> None:
    nobody = ["", "", "1986", "", "", "", "", ""]
    officer = Officer([*nobody, "", "Somchai", "telecom-fraud", "K-1"])
    subject, _ = officer.searches()
    assert (subject.names, subject.birth_date) == (("Somchai",), "1986")
    with pytest.raises(LancangError) as refused:
        Officer(nobody).searches()
    assert refused.value.code is Code.SUBJECT_EMPTY


@pytest.mark.parametrize("answers", [["Somchai", "", "", "soon"], ["12"]])
def test_input_that_ends_before_a_wrong_answer_is_mended_searches_nobody(answers: list[str]) -> None:
    with pytest.raises(LancangError) as refused:
        Officer(answers).searches("telecom-fraud", "K-1")
    assert refused.value.code is Code.INPUT_INVALID
    assert "search -" in refused.value.remedy


def test_an_answer_in_another_encoding_is_told() -> None:
    officer = Officer(["\udcca\udcc1", "Somchai"])
    assert officer.searches("telecom-fraud", "K-1")[0].names == ("Somchai",)
    assert "UTF-8" in officer.told[0]


def test_no_more_names_are_taken_than_a_search_may_have() -> None:
    names = [f"Somchai {chr(65 + place)}" for place in range(17)]
    officer = Officer([*names, "", *[""] * 7])
    assert len(officer.searches("telecom-fraud", "K-1")[0].names) == 16
    assert "more than 16" in officer.told[0]
