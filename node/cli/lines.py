"""Files of lines, read as streams: JSON lines as they are, CSV row by row through a mapping. UTF-8, a BOM is tolerated.

Line numbers are those an editor shows, for rows of several lines too; a line that yields nothing stays as an empty one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from node.cli.mapping import Columns, Mapping, Misfit, bind
from node.errors import CATALOGUE, Code, LancangError

MOST_LINE_BYTES = 1024 * 1024
_UTF8_BOM = b"\xef\xbb\xbf"
_OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff")
_JSON_SUFFIXES = frozenset({".jsonl", ".ndjson", ".json"})
_CSV_SUFFIXES = frozenset({".csv", ".tsv"})
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class RefusedHere:
    """A line that was not taken: its number, the code, what is wrong and the remedy."""

    line: int
    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True, repr=False)
class TextLine:
    """A line as it goes to the node: JSON in UTF-8. Empty where there is nothing, or where it was refused here."""

    number: int
    data: bytes
    refusal: RefusedHere | None = None


def is_csv(path: Path) -> bool:
    """Whether a file is CSV: by its name, else by its first character. Raises FILE_UNREADABLE."""
    if path.suffix.lower() in _CSV_SUFFIXES:
        return True
    with _opened(path) as file:
        start = file.read(4096).removeprefix(_UTF8_BOM).lstrip()
    if start.startswith(b"["):
        raise LancangError(
            Code.FILE_UNREADABLE,
            f"{path.name} is one JSON array",
            remedy="Write one JSON object a line: jq -c '.[]' FILE > FILE.jsonl",
        )
    return path.suffix.lower() not in _JSON_SUFFIXES and bool(start) and not start.startswith(b"{")


def columns_of(path: Path, mapping: Mapping) -> Columns:
    """Bind a mapping to the header of a CSV file. Raises FILE_UNREADABLE, MAPPING_INVALID."""
    lines = _decoded(path)
    first = next(lines, "")
    if not first.strip():
        raise LancangError(
            Code.FILE_UNREADABLE,
            f"{path.name}: line 1 is empty",
            remedy="A CSV file begins with the names of its columns.",
        )
    delimiter = mapping.delimiter or max(_DELIMITERS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter), [])
    return bind(mapping, [cell.strip() for cell in header], delimiter)


def read_csv_lines(path: Path, columns: Columns) -> Iterator[TextLine]:
    """Every line of a CSV file as a record line. The header is line 1 and empty. Raises FILE_UNREADABLE."""
    reader = csv.reader(_decoded(path), delimiter=columns.delimiter, strict=True)
    done = 0
    while True:
        try:
            row = next(reader, None)
        except csv.Error as problem:
            raise LancangError(
                Code.FILE_UNREADABLE,
                f"{path.name}, line {reader.line_num}: {problem}",
                remedy='Quote cells that hold the delimiter or quotation marks: "…", with "" for a mark inside.',
            ) from None
        if row is None:
            return
        yield _row(row, done + 1, columns)
        for blank in range(done + 2, reader.line_num + 1):
            yield TextLine(blank, b"")
        done = reader.line_num


def _row(row: list[str], number: int, columns: Columns) -> TextLine:
    if number == 1 or not any(cell.strip() for cell in row):
        return TextLine(number, b"")
    try:
        return TextLine(number, columns.record_line(row))
    except Misfit as problem:
        return TextLine(number, b"", _refuse(number, Code.INPUT_INVALID, problem.what, problem.remedy))


def read_json_lines(path: Path, most_bytes: int = MOST_LINE_BYTES) -> Iterator[TextLine]:
    """Every line of a JSON lines file, unparsed. One that is too long is refused by number. Raises FILE_UNREADABLE."""
    for number, raw in _raw_lines(path, most_bytes):
        if raw is None:
            yield TextLine(number, b"", _refuse(number, Code.INPUT_TOO_LARGE, f"longer than {most_bytes} bytes"))
        else:
            data = raw.strip()
            _text(data, path, number)
            yield TextLine(number, data)


def _refuse(number: int, code: Code, message: str, remedy: str = "") -> RefusedHere:
    return RefusedHere(number, code.value, message, remedy or CATALOGUE[code].remedy)


def _decoded(path: Path) -> Iterator[str]:
    for number, raw in _raw_lines(path, MOST_LINE_BYTES):
        if raw is None:
            raise LancangError(
                Code.FILE_UNREADABLE,
                f"{path.name}, line {number}: longer than {MOST_LINE_BYTES} bytes",
                remedy="This is no table; check the delimiter and the quotation marks.",
            )
        yield _text(raw, path, number)


def _text(raw: bytes, path: Path, number: int) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise LancangError(Code.FILE_UNREADABLE, f"{path.name}, line {number}: not UTF-8", remedy=_CONVERT) from None


def _raw_lines(path: Path, most_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines without a BOM; None for one that is too long."""
    with _opened(path) as file:
        number = 0
        while raw := file.readline(most_bytes + 1):
            number += 1
            if number == 1:
                if raw.startswith(_OTHER_BOMS):
                    raise LancangError(Code.FILE_UNREADABLE, f"{path.name} is UTF-16, not UTF-8", remedy=_CONVERT)
                raw = raw.removeprefix(_UTF8_BOM)
            if len(raw) <= most_bytes:
                yield number, raw
                continue
            while raw and not raw.endswith(b"\n"):
                raw = file.readline(most_bytes)
            yield number, None


def _opened(path: Path) -> BinaryIO:
    if path.is_dir():
        raise LancangError(Code.FILE_UNREADABLE, f"{path} is a directory", remedy="Name a file in it.")
    if path.exists() and not path.is_file():
        # It is read more than once, which a pipe does not allow.
        raise LancangError(Code.FILE_UNREADABLE, f"{path} is not a regular file", remedy="Save it to a file first.")
    return path.open("rb")


_CONVERT = "Convert it: iconv -f ENCODING -t UTF-8 FILE, or save it as UTF-8 where it was made."
