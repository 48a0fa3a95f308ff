"""The interview of `search`: field by field, each answer checked as it is given, and asked for again when it is wrong.

Rules of what may be searched are the matcher's and the node's own, asked here early: a person corrects one answer, not
ten. Nothing is repeated of an answer that was refused.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import typer

from node.cli.query import Subject, Terms, terms
from node.errors import Code, LancangError

_STAND_IN = "A"
_LONGEST_ANSWER = 10_000
_SCRIPT = "Script of the names, ISO 15924, such as Thai (empty: found out)"
_START_AGAIN = "Start the search again. A script gives one query line instead: `lancang search -`."
_NOT_UTF8 = "it is not UTF-8. Set this terminal to UTF-8"


@dataclass(frozen=True, slots=True)
class Talk:
    """Who is interviewed. ask: show a question, return the answer, empty for none, None at the end of input."""

    ask: Callable[[str], str | None]
    say: Callable[[str], None]

    def answer(self, question: str, wrong: Callable[[str], str | None], *, needed: str = "") -> str:
        """An answer that is not wrong; empty for none, but where one is needed only at the end of input.

        wrong: what is wrong with an answer and how to mend it, or None. needed: the sentence that says it is needed.
        Raises INPUT_INVALID when the input ends before a refused answer was mended.
        """
        refused = ""
        while (given := self.ask(question)) is not None:
            problem = wrong(given) if given else None
            if given and problem is None:
                return given
            if not given and not needed:
                return ""
            if problem is not None:
                refused = problem
            again = "Please enter it again." if needed else "Please enter it again, or nothing to go on."
            self.say(f"  Not taken: {problem}. {again}" if problem else f"  {needed}")
        if refused:
            raise LancangError(Code.INPUT_INVALID, f"{_field(question)}: {refused}", remedy=_START_AGAIN)
        return ""


def interview(purpose: str | None, case: str | None, purposes: Sequence[str], talk: Talk) -> tuple[Subject, Terms]:
    """Ask field by field: names, script, birth date, sex, nationality, documents, phones, accounts, then the terms.

    purposes: those of the roster. Raises SUBJECT_EMPTY or INPUT_INVALID when the input ends too early.
    """
    known = Subject()
    first, another = "Name (as heard or written; empty to go on)", "Another name (empty to go on)"
    known = _several(talk, known, lambda who, given: replace(who, names=given), first, another)
    known = _one(talk, known, lambda who, given: replace(who, script=given), _SCRIPT)
    known = _one(talk, known, lambda who, given: replace(who, birth_date=given), "Birth date, YYYY-MM-DD or part of it")
    known = _one(talk, known, lambda who, given: replace(who, sex=given), "Sex (male, female)")
    known = _one(talk, known, lambda who, given: replace(who, nationality=given), "Nationality, two letters")
    first, another = "Document, TYPE:ISSUER:NUMBER", "Another document"
    known = _several(talk, known, lambda who, given: replace(who, documents=given), first, another)
    first, another = "Phone, best with + and country code", "Another phone"
    known = _several(talk, known, lambda who, given: replace(who, phones=given), first, another)
    first, another = "Account (BANK:NUMBER, IBAN, address or handle)", "Another account"
    known = _several(talk, known, lambda who, given: replace(who, accounts=given), first, another)
    if not (known.names or known.documents or known.phones or known.accounts):
        missing = "Nothing says who this is: give at least a name."
        talk.say(f"  {missing}")
        name = talk.answer("Name", lambda given: _wrong(replace(known, names=(given,))), needed=missing)
        if not name:
            raise LancangError(Code.SUBJECT_EMPTY)
        known = replace(known, names=(name,))
    return known, _terms(purpose, case, purposes, talk)


def _one(talk: Talk, known: Subject, put: Callable[[Subject, str | None], Subject], question: str) -> Subject:
    """known, with one field as answered."""
    given = talk.answer(question, lambda given: _wrong(put(known, given)))
    return put(known, given or None)


def _several(
    talk: Talk, known: Subject, put: Callable[[Subject, tuple[str, ...]], Subject], first: str, another: str
) -> Subject:
    """known, with as many values of one field as are given before an empty answer."""
    values: tuple[str, ...] = ()

    def wrong(given: str) -> str | None:
        return _wrong(put(known, (*values, given)))

    while given := talk.answer(another if values else first, wrong):
        values = (*values, given)
    return put(known, values)


def _terms(purpose: str | None, case: str | None, purposes: Sequence[str], talk: Talk) -> Terms:
    from node.wire.operator import search_terms

    def wrong_purpose(given: str) -> str | None:
        return None if given in purposes else "it is not one of these purposes"

    def wrong_case(given: str) -> str | None:
        try:
            search_terms(_STAND_IN, given, [])
        except LancangError as problem:
            return problem.detail
        return None

    if not purpose:
        talk.say(f"  Purposes of the alliance: {', '.join(purposes)}.")
        purpose = talk.answer("Purpose", wrong_purpose, needed="Every search has a purpose.")
    if not case:
        question = "Case number (your own; peers never see it)"
        case = talk.answer(question, wrong_case, needed="Every search has a case number.")
    return terms(purpose, case)


def _field(question: str) -> str:
    """What a question is about: its words before the explanation."""
    return question.partition(" (")[0].partition(",")[0]


def _wrong(subject: Subject) -> str | None:
    """What is wrong with what was just added to a subject that was right before, or None."""
    from matcher.person import PersonError, person_from_json

    values = (*subject.names, *subject.documents, *subject.phones, *subject.accounts, subject.birth_date or "")
    try:
        "".join(values).encode()
    except UnicodeEncodeError:
        return _NOT_UTF8
    # Whoever is known by a birth date alone so far is still to be named: the rest of him is checked beside a stand-in.
    named = subject if subject.names else replace(subject, names=(_STAND_IN,))
    try:
        person_from_json(named.fields("q"), id_key="query_id")
    except PersonError as problem:
        return f"{problem.problem}. {problem.remedy}"
    return None


def at_terminal() -> Talk:
    """Questions on standard error, answers from standard input."""
    return Talk(_asked, lambda text: typer.echo(text, err=True))


def _asked(question: str) -> str | None:
    typer.echo(f"{question}: ", err=True, nl=not sys.stdin.isatty())
    line = sys.stdin.readline(_LONGEST_ANSWER)
    while line and not line.endswith("\n") and (rest := sys.stdin.readline(_LONGEST_ANSWER)):
        # No answer is so long: its beginning is enough to refuse it, and its end must not answer the next question.
        line = line[:_LONGEST_ANSWER] + rest[-1:]
    return line.strip() if line else None
