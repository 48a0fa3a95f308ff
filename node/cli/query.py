"""A query line: from options or from standard input. The node validates it, as every line. See interview.py, too."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from node.cli.failures import usage
from node.errors import Code, LancangError

MOST_LINE_BYTES = 64 * 1024
_USE_UTF8 = "Set this terminal to UTF-8, or use `lancang search -` with a line in UTF-8."


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

    def fields(self, query_id: str) -> dict[str, Any]:
        """The query line as an object; what was not given is left out."""
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
        return {key: value for key, value in given.items() if value}

    def line(self, query_id: str) -> bytes:
        """The query line. Raises INPUT_INVALID when something was typed in another encoding than UTF-8."""
        try:
            return json.dumps(self.fields(query_id), ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise LancangError(Code.INPUT_INVALID, "an option is not UTF-8", remedy=_USE_UTF8) from None


def new_query_id() -> str:
    """An id for a query that came without one."""
    return f"q-{secrets.token_hex(6)}"


def read_query(raw: bytes) -> bytes:
    """One query line from standard input, given an id if it has none. Raises INPUT_INVALID, INPUT_TOO_LARGE."""
    from matcher.line import RepeatedKeyError, fields_of_line

    if len(raw) > MOST_LINE_BYTES:
        raise LancangError(Code.INPUT_TOO_LARGE, f"a query line has at most {MOST_LINE_BYTES} bytes")
    try:
        text = raw.decode("utf-8-sig").strip()
        line = fields_of_line(text)
    except RepeatedKeyError as problem:
        raise LancangError(Code.INPUT_INVALID, f"the query: {problem.problem}", remedy=f"{problem.remedy}.") from None
    except ValueError:
        raise usage("standard input: one query, a JSON object in UTF-8, is expected (for several: --file)") from None
    # A missing id is given one; an empty or wrong one is the node's to refuse.
    return text.encode() if "query_id" in line else json.dumps({"query_id": new_query_id(), **line}).encode()


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what a search is made."""

    purpose: str
    case: str


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
