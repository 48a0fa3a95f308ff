"""Reading a mapping file (TOML) strictly: every key known, every value of its kind (docs/operations.md)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from node.cli.mapping import (
    FIXABLE,
    LISTS,
    SINGLE,
    DocumentColumns,
    Mapping,
    NameColumns,
    check_date_format,
    invalid,
)


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file. Raises MAPPING_INVALID naming the key, FILE_UNREADABLE."""
    try:
        return parse_mapping(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except UnicodeDecodeError:
        raise invalid(f"{path.name} is not UTF-8") from None
    except tomllib.TOMLDecodeError as problem:
        raise invalid(f"{path.name} is not TOML: {problem}") from None


def parse_mapping(found: dict[str, Any]) -> Mapping:
    """A mapping from its parsed file. Raises MAPPING_INVALID naming the key."""
    known = {*SINGLE, *LISTS, "names", "fixed", "values", "birth_date_format", "delimiter", "separator"}
    unknown = sorted(set(found) - known)
    if unknown:
        raise invalid(f"{unknown[0]}: no such key; known are {', '.join(sorted(known))}")
    documents = _documents(found.get("documents", []))
    formats = _texts(found.get("birth_date_format", list(Mapping().date_formats)), "birth_date_format")
    return Mapping(
        single={key: _text(found[key], key) for key in SINGLE if key in found},
        lists={key: _texts(found[key], key) for key in ("phones", "accounts") if key in found}
        | ({"documents": _texts(found["documents"], "documents")} if "documents" in found and not documents else {}),
        names=tuple(_name(each, place) for place, each in enumerate(_list(found.get("names", []), "names"))),
        documents=documents,
        fixed=_fixed(found.get("fixed", {})),
        values=_values(found.get("values", {})),
        date_formats=tuple(check_date_format(form) for form in formats),
        delimiter=_character(found["delimiter"], "delimiter") if "delimiter" in found else None,
        separator=_character(found.get("separator", ";"), "separator"),
    )


def _name(value: object, place: int) -> NameColumns:
    if isinstance(value, str):
        return NameColumns((value,))
    where = f"names[{place}]"
    table = _table(value, where, {"column", "columns", "script", "type"})
    if ("column" in table) == ("columns" in table):
        raise invalid(f"{where}: give either column or columns")
    columns = _texts(table["columns"], f"{where}.columns") if "columns" in table else (_text(table["column"], where),)
    return NameColumns(columns, _optional(table, "script", where), _optional(table, "type", where))


def _documents(value: object) -> tuple[DocumentColumns, ...]:
    if isinstance(value, str) or (isinstance(value, list) and value and all(isinstance(each, str) for each in value)):
        return ()
    found = []
    for place, each in enumerate(_list(value, "documents")):
        where = f"documents[{place}]"
        table = _table(each, where, {"type", "type_column", "issuer", "issuer_column", "number_column"})
        for part in ("type", "issuer"):
            if (part in table) == (f"{part}_column" in table):
                raise invalid(f"{where}: give either {part} or {part}_column")
        found.append(
            DocumentColumns(
                _text(table.get("number_column"), f"{where}.number_column"),
                _optional(table, "type", where),
                _optional(table, "type_column", where),
                _optional(table, "issuer", where),
                _optional(table, "issuer_column", where),
            )
        )
    return tuple(found)


def _fixed(value: object) -> dict[str, str]:
    table = _table(value, "fixed", set(FIXABLE))
    return {key: _text(each, f"fixed.{key}") for key, each in table.items()}


def _values(value: object) -> dict[str, dict[str, str]]:
    table = _table(value, "values", set(SINGLE))
    return {key: _words(_table(words, f"values.{key}", None), f"values.{key}") for key, words in table.items()}


def _words(table: dict[str, Any], where: str) -> dict[str, str]:
    """Their words for ours, compared without case: two that differ in it alone are one word given twice."""
    found: dict[str, str] = {}
    for word, meaning in table.items():
        if word.casefold() in found:
            raise invalid(f"{where}.{word}: is given twice, upper and lower case being the same")
        found[word.casefold()] = _text(meaning, f"{where}.{word}")
    return found


def _table(value: object, where: str, known: set[str] | None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"{where}: must be a table")
    unknown = sorted(set(value) - known) if known is not None else []
    if unknown:
        raise invalid(f"{where}.{unknown[0]}: no such key; known are {', '.join(sorted(known or ()))}")
    return value


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise invalid(f"{where}: must be a list")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else _list(value, where)
    if not values:
        raise invalid(f"{where}: is empty")
    return tuple(_text(each, where) for each in values)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise invalid(f"{where}: must be text in quotation marks")
    return value


def _optional(table: dict[str, Any], key: str, where: str) -> str | None:
    return _text(table[key], f"{where}.{key}") if key in table else None


def _character(value: object, where: str) -> str:
    text = _text(value, where)
    if len(text) != 1:
        raise invalid(f"{where}: must be one character")
    return text
