"""The person a record or a search is about, in the words of the standards.

UMF for the person, ISO 15924 script, ISO 8601 birth date, ISO/IEC 5218 sex, ICAO 9303 documents, E.164 phones.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from matcher.dates import BUDDHIST_OFFSET, MINGUO_OFFSET, BirthDate, Calendar
from matcher.identifiers import Document


class Sex(IntEnum):
    """ISO/IEC 5218."""

    UNKNOWN = 0
    MALE = 1
    FEMALE = 2
    NOT_APPLICABLE = 9

    @property
    def word(self) -> str:
        """The word a record line uses: "not-applicable" and so on."""
        return self.name.lower().replace("_", "-")

    @property
    def other(self) -> Sex:
        """Female for male, male for female; what is neither stays as it is."""
        return {Sex.MALE: Sex.FEMALE, Sex.FEMALE: Sex.MALE}.get(self, self)


class Category(StrEnum):
    """What a person is to the case a record is from."""

    SUSPECT = "suspect"
    ACCUSED = "accused"
    CONVICTED = "convicted"
    WANTED = "wanted"
    MISSING = "missing"
    VICTIM = "victim"
    WITNESS = "witness"


class NameType(StrEnum):
    """What kind of name it is."""

    PRIMARY = "primary"
    ALIAS = "alias"
    FORMER = "former"
    NICKNAME = "nickname"


@dataclass(frozen=True, slots=True)
class Name:
    """One name as written, NFC, without control characters. script: ISO 15924 where the agency states it."""

    text: str
    script: str | None = None
    type: NameType = NameType.PRIMARY


@dataclass(frozen=True, slots=True)
class Person:
    """All that matching may look at. Empty tuples and None say unknown."""

    names: tuple[Name, ...] = ()
    birth_date: BirthDate | None = None
    sex: Sex = Sex.UNKNOWN
    nationality: str | None = None
    documents: tuple[Document, ...] = ()
    phones: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    category: Category | None = None


def person_to_json(line_id: str, id_key: str, person: Person) -> dict[str, object]:
    """The person as a record or query line; person_from_json reads it back to an equal person.

    A converted Buddhist or Minguo year is written in its own calendar, so that the flag
    survives. What is unknown is left out.
    """
    line: dict[str, object] = {id_key: line_id}
    line.update(_content(person))
    return line


def canonical_subject(person: Person) -> bytes:
    """One byte string for one person: UTF-8 JSON, keys sorted, no spaces, NFC. Commitments are made over it."""
    text = json.dumps(_content(person), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return unicodedata.normalize("NFC", text).encode()


def _content(person: Person) -> dict[str, object]:
    content: dict[str, object] = {"names": [_name(name) for name in person.names]}
    if person.birth_date is not None:
        content["birth_date"] = _as_given(person.birth_date)
    if person.sex is not Sex.UNKNOWN:
        content["sex"] = person.sex.word
    if person.nationality is not None:
        content["nationality"] = person.nationality
    if person.documents:
        content["documents"] = [
            {"type": entry.type.value, "issuer": entry.issuer, "number": entry.number} for entry in person.documents
        ]
    if person.phones:
        content["phones"] = list(person.phones)
    if person.accounts:
        content["accounts"] = list(person.accounts)
    if person.category is not None:
        content["category"] = person.category.value
    return content


def _name(name: Name) -> dict[str, object]:
    entry: dict[str, object] = {"text": name.text}
    if name.script is not None:
        entry["script"] = name.script
    if name.type is not NameType.PRIMARY:
        entry["type"] = name.type.value
    return entry


def _as_given(date: BirthDate) -> str:
    rest = date.iso()[4:]
    match date.calendar:
        case Calendar.BUDDHIST:
            return f"{date.year + BUDDHIST_OFFSET:04d}{rest}"
        case Calendar.MINGUO:
            return f"minguo {date.year - MINGUO_OFFSET}{rest}"
        case Calendar.LUNAR:
            return f"lunar {date.year:04d}"
        case Calendar.GREGORIAN:
            return date.iso()
