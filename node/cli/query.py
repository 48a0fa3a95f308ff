"""A query line: from options, from standard input, or asked field by field. The node validates it, as every line."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer

from node.cli.failures import usage
from node.errors import Code, LancangError

MOST_LINE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class Subject:
    """What was given of the person searched, as it was typed."""

    names: tuple[str, ...] = ()
    script: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    nationality: str | None = None
    documents: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing at all was given."""
        return self == Subject()

    def line(self, query_id: str) -> bytes:
        """The query line; what was not given is left out."""
        names = [{"text": name} | ({"script": self.script} if self.script else {}) for name in self.names]
        given: dict[str, Any] = {
            "query_id": query_id,
            "names": names,
            "birth_date": self.birth_date,
            "sex": self.sex,
            "nationality": self.nationality,
            "documents": list(self.documents),
            "phones": list(self.phones),
            "accounts": list(self.accounts),
        }
        return json.dumps({key: value for key, value in given.items() if value}, ensure_ascii=False).encode()


def new_query_id() -> str:
    """An id for a query that came without one."""
    return f"q-{secrets.token_hex(6)}"


def read_query(raw: bytes) -> bytes:
    """One query line from standard input, given an id if it has none. Raises INPUT_INVALID, INPUT_TOO_LARGE."""
    if len(raw) > MOST_LINE_BYTES:
        raise LancangError(Code.INPUT_TOO_LARGE, f"a query line has at most {MOST_LINE_BYTES} bytes")
    try:
        text = raw.decode("utf-8-sig").strip()
        line = json.loads(text)
    except (ValueError, RecursionError):
        raise usage("standard input: one query line, a JSON object in UTF-8, is expected") from None
    if not isinstance(line, dict):
        raise usage("standard input: the query line is not a JSON object")
    # A missing id is given one; an empty or wrong one is the node's to refuse.
    return text.encode() if "query_id" in line else json.dumps({"query_id": new_query_id(), **line}).encode()


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what a search is made."""

    purpose: str
    case: str


def interview(purpose: str | None, case: str | None, ask: Callable[[str], str]) -> tuple[Subject, Terms]:
    """Ask field by field. ask shows a question and returns the answer, empty for none."""
    subject = Subject(
        names=_several(ask, "Name (as heard or written; empty to go on)", "Another name (empty to go on)"),
        script=ask("Script of the names, ISO 15924 (empty: found out)") or None,
        birth_date=ask("Birth date, YYYY-MM-DD or part of it") or None,
        sex=ask("Sex (male, female)") or None,
        nationality=ask("Nationality, two letters") or None,
        documents=_several(ask, "Document, TYPE:ISSUER:NUMBER", "Another document"),
        phones=_several(ask, "Phone, best with + and country code", "Another phone"),
        accounts=_several(ask, "Account (BANK:NUMBER, IBAN, address or handle)", "Another account"),
    )
    return subject, terms(purpose or ask("Purpose"), case or ask("Case number"))


def terms(purpose: str | None, case: str | None) -> Terms:
    """Purpose and case of a search. Raises INPUT_INVALID naming the missing option."""
    for option, value, remedy in (
        ("--purpose", purpose, "Add --purpose; `lancang roster show` lists the purposes of the alliance."),
        ("--case", case, "Add --case with your own case number; peers never see it."),
    ):
        if not (value or "").strip():
            raise LancangError(
                Code.INPUT_INVALID,
                f"{option} is missing: every search has a purpose and a case",
                remedy=remedy,
            )
    return Terms((purpose or "").strip(), (case or "").strip())


def asked_at_terminal(question: str) -> str:
    """Put a question on standard error and read a line of standard input; the end of input is an empty answer."""
    typer.echo(f"{question}: ", err=True, nl=not sys.stdin.isatty())
    return sys.stdin.readline().strip()


def _several(ask: Callable[[str], str], first: str, further: str) -> tuple[str, ...]:
    given: list[str] = []
    while answer := ask(further if given else first):
        given.append(answer)
    return tuple(given)
