"""Reading one record or query line, strictly.

Unknown keys are refused by name, bad values with a remedy, and everything is bounded.
"""

from __future__ import annotations

import datetime
import difflib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Literal, TypeVar

from matcher import aliases
from matcher.dates import parse_birth_date
from matcher.identifiers import Document, account, country_code, document, parse_document, phone
from matcher.line import fields_of_line
from matcher.refusal import PersonError
from matcher.subject import Category, Name, NameType, Person, Sex
from matcher.tables import word_set

MAX_ID = 128
MAX_NAMES = 16
MAX_NAME = 200
MAX_TEXT = 10_000
MAX_IDENTIFIERS = 32
SCRIPTS = word_set("codes.toml", "scripts")
_KEYS = ("names", "birth_date", "sex", "nationality", "documents", "phones", "accounts", "category")
_NAME_KEYS = ("text", "script", "type")
_DOCUMENT_KEYS = ("type", "issuer", "number")
_T = TypeVar("_T")
_Choice = TypeVar("_Choice", bound=StrEnum)


def person_from_json(
    line: Mapping[str, object],
    *,
    id_key: Literal["record_id", "query_id"],
    today: datetime.date | None = None,
) -> tuple[str, Person]:
    """Read one line into (id, person). null stands for an absent value. Raises PersonError.

    A line must hold an id and at least one name or identifier. With today, a birth date after it is refused.
    """
    _known_keys("line", line, (id_key, *_KEYS))
    line_id = _line_id(line.get(id_key), id_key)
    nationality = None if line.get("nationality") is None else country_code("nationality", line["nationality"])
    birth_date = None if line.get("birth_date") is None else parse_birth_date(line["birth_date"], today=today)
    category = None if line.get("category") is None else _choice("category", line["category"], Category)
    person = Person(
        names=tuple(dict.fromkeys(name for given in _each(line, "names", _names, MAX_NAMES) for name in given)),
        birth_date=birth_date,
        sex=_sex(line.get("sex")),
        nationality=nationality,
        documents=_each(line, "documents", _document, MAX_IDENTIFIERS),
        phones=_each(line, "phones", lambda field, value: phone(field, value, nationality), MAX_IDENTIFIERS),
        accounts=_each(line, "accounts", account, MAX_IDENTIFIERS),
        category=category,
    )
    if len(person.documents) + len(person.phones) + len(person.accounts) > MAX_IDENTIFIERS:
        raise PersonError("line", "there are too many identifiers", f"Give at most {MAX_IDENTIFIERS} in all")
    if not (person.names or person.documents or person.phones or person.accounts):
        raise PersonError(
            "names", "nothing says who this is", "Give at least a name, a document, a phone or an account"
        )
    return line_id, person


def claimed_id(line: bytes) -> str | None:
    """The record id under which a line would be read; None where that would refuse the id, or the line at once."""
    try:
        return _line_id(fields_of_line(line).get("record_id"), "record_id")
    except PersonError:
        return None


def clean_name(field: str, text: object) -> str:
    """A name in NFC, one space between parts, controls and zero-width and bidi characters gone. Raises PersonError."""
    if not isinstance(text, str):
        raise PersonError(field, "it is not text", "Write the name as text")
    if len(text) > MAX_TEXT:
        raise PersonError(field, f"it is longer than {MAX_TEXT} characters", "This is no name; check the column")
    kept: list[str] = []
    for char in unicodedata.normalize("NFC", text):
        category = unicodedata.category(char)
        if category in {"Zs", "Zl", "Zp"} or char in "\t\n\r":
            kept.append(" ")
        elif category == "Cs":
            raise PersonError(
                field, "it holds half a character", "The text was cut or wrongly decoded; export it as UTF-8"
            )
        elif category[0] != "C" and char not in "\ufffd\ufeff":
            kept.append(char)
    # A removed control may have kept two marks apart: normalise again, so that reading twice changes nothing.
    cleaned = unicodedata.normalize("NFC", " ".join("".join(kept).split()))
    if not any(unicodedata.category(char)[0] in "LM" for char in cleaned):
        raise PersonError(field, "it holds no letter", "Give a name; leave the entry out if it is unknown")
    if len(cleaned) > MAX_NAME:
        raise PersonError(field, f"it is longer than {MAX_NAME} characters", "Give one name an entry")
    return cleaned


def _line_id(value: object, id_key: str) -> str:
    if isinstance(value, str) and 1 <= len(value) <= MAX_ID and value.isprintable() and value == value.strip():
        return unicodedata.normalize("NFC", value)
    raise PersonError(
        id_key, "it is missing or not an id", f"Give 1 to {MAX_ID} printable characters, no spaces around"
    )


def _known_keys(field: str, line: Mapping[str, object], known: Sequence[str]) -> None:
    for key in line:
        if key not in known:
            shown = key[:40] if isinstance(key, str) and key.isprintable() else "(unprintable)"
            near = difflib.get_close_matches(shown, known, 1, 0.5)
            hint = f"Did you mean {near[0]!r}?" if near else f"Use only: {', '.join(known)}"
            raise PersonError(field, f"the key {shown!r} is not known", hint)


def _each(line: Mapping[str, object], field: str, read: Callable[[str, object], _T], most: int) -> tuple[_T, ...]:
    values = line.get(field)
    if values is None:
        return ()
    if not isinstance(values, list | tuple):
        raise PersonError(field, "it is not a list", "Write it in square brackets")
    if len(values) > most:
        raise PersonError(field, f"it has more than {most} entries", "Leave out the least certain ones")
    read_values = [read(f"{field}[{place}]", value) for place, value in enumerate(values)]
    return tuple(dict.fromkeys(read_values))


def _names(field: str, value: object) -> tuple[Name, ...]:
    """The names of one entry: several where its text says "alias" or has parentheses."""
    if not isinstance(value, Mapping):
        raise PersonError(field, "it is not an object", 'Write {"text": "..."}')
    _known_keys(field, value, _NAME_KEYS)
    script = value.get("script")
    if script is not None and (not isinstance(script, str) or script not in SCRIPTS):
        raise PersonError(
            f"{field}.script", "it is not a script", "Use ISO 15924, such as Thai, Mymr or Latn, or leave it out"
        )
    kind = NameType.PRIMARY if value.get("type") is None else _choice(f"{field}.type", value["type"], NameType)
    found = aliases.split(clean_name(f"{field}.text", value.get("text")))
    # The declared script holds for the name it was declared of; what follows may be in another.
    return tuple(
        Name(text, script if place == 0 or len(found) == 1 else None, NameType(other) if other else kind)
        for place, (text, other) in enumerate(found)
    )


def _document(field: str, value: object) -> Document:
    if isinstance(value, str):
        return parse_document(value, field=field)
    if not isinstance(value, Mapping):
        raise PersonError(field, "it is not an object", 'Write {"type": ..., "issuer": ..., "number": ...}')
    _known_keys(field, value, _DOCUMENT_KEYS)
    return document(field, value)


def _sex(value: object) -> Sex:
    if value is None:
        return Sex.UNKNOWN
    for sex in Sex:
        if isinstance(value, str) and value.lower() in {sex.word, str(sex.value)}:
            return sex
    raise PersonError("sex", "it is not one of ISO/IEC 5218", "Use unknown, male, female or not-applicable")


def _choice(field: str, value: object, choices: type[_Choice]) -> _Choice:
    known = [choice.value for choice in choices]
    if isinstance(value, str) and value.lower() in known:
        return choices(value.lower())
    raise PersonError(field, "it is not one of the known values", f"Use one of: {', '.join(known)}")
