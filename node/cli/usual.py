"""What usual column names mean, so that a plain export needs no mapping. Pure functions on a header."""

from __future__ import annotations

import re
from dataclasses import replace

from node.cli.mapping import Mapping, NameColumns

# Compared without case, spaces and marks: "Date of birth" and date_of_birth are one.
_USUAL_SINGLE = {
    "record_id": ("recordid", "id", "recordno", "recordnumber", "reference", "referenceno"),
    "birth_date": ("birthdate", "dateofbirth", "dob", "born", "birthday"),
    "sex": ("sex", "gender"),
    "nationality": ("nationality", "citizenship"),
    "category": ("category", "status"),
}
_USUAL_LISTS = {
    "documents": ("documents", "document"),
    "phones": ("phones", "phone", "mobile", "phonenumber", "telephone"),
    "accounts": ("accounts", "account", "bankaccount"),
}
_USUAL_NAME = re.compile(r"(full|native|latin|other)?names?\d*|alias(es)?\d*")
_USUAL_PARTS = (
    ("surname", "givenname"),
    ("surname", "givennames"),
    ("lastname", "firstname"),
    ("familyname", "givenname"),
)
_USUAL_VALUES = {"sex": {"m": "male", "f": "female", "u": "unknown"}}


def usual_mapping(given: Mapping, header: list[str]) -> Mapping:
    """What the header says by itself; fixed values, formats and separators stay as given."""
    plain = {re.sub(r"[\W_]+", "", name.casefold()): name for name in reversed(header)}
    single = {key: plain[found] for key, usual in _USUAL_SINGLE.items() if (found := _first(usual, plain)) is not None}
    lists = {
        key: tuple(name for short, name in reversed(plain.items()) if short.rstrip("0123456789") in usual)
        for key, usual in _USUAL_LISTS.items()
    }
    names = [
        NameColumns((name,), type="alias" if short.startswith("alias") else None)
        for short, name in reversed(plain.items())
        if _USUAL_NAME.fullmatch(short)
    ]
    parts = next((pair for pair in _USUAL_PARTS if all(part in plain for part in pair)), None)
    if parts:
        names.insert(0, NameColumns(tuple(plain[part] for part in parts)))
    return replace(
        given,
        single=single,
        lists={key: columns for key, columns in lists.items() if columns},
        names=tuple(names),
        values={**_USUAL_VALUES, **given.values},
    )


def _first(usual: tuple[str, ...], plain: dict[str, str]) -> str | None:
    return next((short for short in usual if short in plain), None)
