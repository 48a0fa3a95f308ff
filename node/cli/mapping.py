"""From the columns of a CSV file to a record line: a mapping (TOML), or what usual column names say by themselves.

Pure functions. What a value may be is for the node to judge; here it is only put in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any

from node.errors import Code, LancangError

FIELDS = ("record_id", "names", "birth_date", "sex", "nationality", "documents", "phones", "accounts", "category")
SINGLE = ("record_id", "birth_date", "sex", "nationality", "category")
LISTS = ("documents", "phones", "accounts")
FIXABLE = ("sex", "nationality", "category")
_DATE_PARTS = {"YYYY": r"(?P<year>\d{4})", "MM": r"(?P<month>\d{1,2})", "DD": r"(?P<day>\d{1,2})"}


class Misfit(Exception):  # noqa: N818 - a row that does not fit is a finding, not an error of ours
    """A row that cannot become a record line. Neither text repeats what the row holds."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


@dataclass(frozen=True, slots=True)
class NameColumns:
    """Columns that together are one name, in order, with what is known of all names there."""

    columns: tuple[str, ...]
    script: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentColumns:
    """Where a document's parts are. A part that is the same in every row stands in fixed_type or fixed_issuer."""

    number: str
    fixed_type: str | None = None
    type: str | None = None
    fixed_issuer: str | None = None
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column is which field. Empty: usual column names are recognised by themselves (see usual.py)."""

    single: Table[str, str] = field(default_factory=dict)
    lists: Table[str, tuple[str, ...]] = field(default_factory=dict)
    names: tuple[NameColumns, ...] = ()
    documents: tuple[DocumentColumns, ...] = ()
    fixed: Table[str, str] = field(default_factory=dict)
    values: Table[str, Table[str, str]] = field(default_factory=dict)
    date_formats: tuple[str, ...] = ("YYYY-MM-DD", "YYYY-MM", "YYYY")
    delimiter: str | None = None
    separator: str = ";"


@dataclass(frozen=True, slots=True)
class Columns:
    """A mapping bound to the header of one file. unused: columns that go nowhere."""

    header: tuple[str, ...]
    mapping: Mapping
    delimiter: str
    unused: tuple[str, ...]

    def record_line(self, row: list[str]) -> bytes:
        """The record line of a row. Raises Misfit."""
        if len(row) != len(self.header):
            raise Misfit(
                f"{len(row)} cells where the header has {len(self.header)}",
                "Check the delimiter and the quotation marks of this row",
            )
        cells = {name: cell.strip() for name, cell in zip(self.header, row, strict=True)}
        mapping = self.mapping
        record: dict[str, Any] = dict(mapping.fixed)
        for key, column in mapping.single.items():
            if cells[column]:
                record[key] = _valued(mapping, key, cells[column])
        if "birth_date" in record:
            record["birth_date"] = birth_date(record["birth_date"], mapping.date_formats)
        record["names"] = [name for each in mapping.names for name in _names(each, cells, mapping.separator)]
        for key, columns in mapping.lists.items():
            record[key] = [part for column in columns for part in _parts(cells[column], mapping.separator)]
        record["documents"] = record.get("documents", []) + [
            document for each in mapping.documents if (document := _document(each, cells))
        ]
        shown = {key: record[key] for key in FIELDS if record.get(key)}
        return json.dumps(shown, ensure_ascii=False).encode()


def bind(mapping: Mapping, header: list[str], delimiter: str) -> Columns:
    """Bind a mapping to a header. Raises MAPPING_INVALID naming a column that is not there, or a field without one."""
    from node.cli.usual import usual_mapping

    repeated = sorted({name for name in header if name and header.count(name) > 1})
    if repeated:
        raise invalid(f"the file has two columns named {', '.join(map(repr, repeated))}")
    if not (mapping.single or mapping.names or mapping.lists or mapping.documents):
        mapping = usual_mapping(mapping, header)
    used = set(_columns(mapping))
    missing = sorted(used - set(header))
    if missing:
        raise invalid(
            f"no column {', '.join(map(repr, missing))}; the file has {', '.join(map(repr, header))}",
            "Name the columns exactly as the header of the file does.",
        )
    if "record_id" not in mapping.single:
        raise invalid(
            f"no column is the record_id; the file has {', '.join(map(repr, header))}",
            'Say which column tells your records apart: record_id = "COLUMN" in the mapping.',
        )
    unused = tuple(name for name in header if name not in used)
    return Columns(tuple(header), mapping, delimiter, unused)


def birth_date(text: str, formats: tuple[str, ...]) -> str:
    """A date as ISO 8601, as far as it is known; the calendar is the node's to find out. Raises Misfit."""
    for one in formats:
        found = re.fullmatch(_pattern(one), text)
        if found:
            parts = found.groupdict()
            shown = [parts["year"], *(parts[key].zfill(2) for key in ("month", "day") if parts.get(key))]
            return "-".join(shown)
    raise Misfit(
        f"birth_date: not of the form {' or '.join(formats)}",
        'Say how the file writes dates: birth_date_format = "DD/MM/YYYY" in the mapping',
    )


def invalid(problem: str, remedy: str = "") -> LancangError:
    """MAPPING_INVALID."""
    return LancangError(Code.MAPPING_INVALID, problem, remedy=remedy)


def check_date_format(text: str) -> str:
    """A form such as DD/MM/YYYY. Raises MAPPING_INVALID."""
    if text.count("YYYY") != 1 or any(text.count(part) > 1 for part in ("MM", "DD")):
        raise invalid(f"birth_date_format: {text!r} has no YYYY, or a part twice", _FORMS)
    if "DD" in text and "MM" not in text:
        raise invalid(f"birth_date_format: {text!r} has a day without a month", _FORMS)
    return text


def _pattern(form: str) -> str:
    # Parts never hold a character that re.escape would change.
    pattern = re.escape(form)
    for part, group in _DATE_PARTS.items():
        pattern = pattern.replace(part, group)
    return pattern


def _columns(mapping: Mapping) -> list[str]:
    names = [column for each in mapping.names for column in each.columns]
    lists = [column for columns in mapping.lists.values() for column in columns]
    parts = [part for each in mapping.documents for part in (each.number, each.type, each.issuer) if part]
    return [*mapping.single.values(), *names, *lists, *parts]


def _valued(mapping: Mapping, key: str, text: str) -> str:
    return mapping.values.get(key, {}).get(text.casefold(), text)


def _names(of: NameColumns, cells: Table[str, str], separator: str) -> list[dict[str, str]]:
    known = {key: value for key, value in (("script", of.script), ("type", of.type)) if value}
    if len(of.columns) == 1:
        return [{"text": part, **known} for part in _parts(cells[of.columns[0]], separator)]
    whole = " ".join(cells[column] for column in of.columns if cells[column])
    return [{"text": whole, **known}] if whole else []


def _document(of: DocumentColumns, cells: Table[str, str]) -> dict[str, str] | None:
    if not cells[of.number]:
        return None
    kind = of.fixed_type or (cells[of.type] if of.type else "")
    issuer = of.fixed_issuer or (cells[of.issuer] if of.issuer else "")
    return {"type": kind, "issuer": issuer, "number": cells[of.number]}


def _parts(cell: str, separator: str) -> list[str]:
    return [part for each in cell.split(separator) if (part := each.strip())]


_FORMS = "Use YYYY, MM and DD once each, such as DD/MM/YYYY."
