"""CSV columns become record lines: by usual names, or as a mapping says."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from node.cli.mapping import Columns, Mapping, Misfit, bind, birth_date
from node.cli.mapping_file import parse_mapping
from node.errors import Code, LancangError


def _bound(header: list[str], toml: str = "") -> Columns:
    return bind(parse_mapping(tomllib.loads(toml)) if toml else Mapping(), header, ",")


def _line(columns: Columns, *row: str) -> dict[str, Any]:
    found = json.loads(columns.record_line(list(row)))
    assert isinstance(found, dict)
    return found


def test_usual_columns_need_no_mapping() -> None:
    columns = _bound(["ID", "Name", "Alias", "Date of birth", "Gender", "Nationality", "Phone", "Phone 2", "Remarks"])
    assert columns.unused == ("Remarks",)
    assert _line(columns, "TH-1", "สมชาย ใจดี", "Lek", "1986-12-09", "M", "TH", "+66812345678", "021", "x") == {
        "record_id": "TH-1",
        "names": [{"text": "สมชาย ใจดี"}, {"text": "Lek", "type": "alias"}],
        "birth_date": "1986-12-09",
        "sex": "male",
        "nationality": "TH",
        "phones": ["+66812345678", "021"],
    }


def test_surname_and_given_name_are_one_name() -> None:
    columns = _bound(["record_id", "Surname", "Given name"])
    assert _line(columns, "1", "Nguyễn", "Văn An")["names"] == [{"text": "Nguyễn Văn An"}]
    assert _line(columns, "1", "", "An")["names"] == [{"text": "An"}]


def test_empty_cells_say_nothing() -> None:
    assert _line(_bound(["id", "name", "dob", "documents"]), "1", " ", "", "") == {"record_id": "1"}


WHOLE = """
record_id = "Ref"
birth_date = "Born"
birth_date_format = ["DD/MM/YYYY", "YYYY"]
sex = "เพศ"
phones = ["Mobile", "Home"]
separator = "|"
[[names]]
columns = ["First", "Last"]
script = "Thai"
[[names]]
column = "Latin"
script = "Latn"
type = "alias"
[[documents]]
type = "passport"
issuer_column = "Issued by"
number_column = "Passport"
[fixed]
nationality = "TH"
category = "suspect"
[values.sex]
"ชาย" = "male"
"""
HEADER = ["Ref", "First", "Last", "Latin", "Born", "เพศ", "Mobile", "Home", "Passport", "Issued by"]


def test_a_mapping_says_everything() -> None:
    columns = _bound(HEADER, WHOLE)
    assert _line(columns, "7", "สมชาย", "ใจดี", "Lek|Somchai", "09/12/2529", "ชาย", "1|2", "3", "AA12", "TH") == {
        "record_id": "7",
        "names": [
            {"text": "สมชาย ใจดี", "script": "Thai"},
            {"text": "Lek", "script": "Latn", "type": "alias"},
            {"text": "Somchai", "script": "Latn", "type": "alias"},
        ],
        "birth_date": "2529-12-09",
        "sex": "male",
        "nationality": "TH",
        "documents": [{"type": "passport", "issuer": "TH", "number": "AA12"}],
        "phones": ["1", "2", "3"],
        "category": "suspect",
    }


def test_fixed_values_and_formats_go_with_usual_columns() -> None:
    columns = _bound(["id", "name", "dob"], 'birth_date_format = "DD.MM.YYYY"\n[fixed]\nnationality = "LA"')
    found = _line(columns, "1", "ສົມ", "1.2.1990")
    assert (found["birth_date"], found["nationality"]) == ("1990-02-01", "LA")


@pytest.mark.parametrize(
    ("text", "formats", "iso"),
    [
        ("1986-12-09", ("YYYY-MM-DD",), "1986-12-09"),
        ("12/1986", ("MM/YYYY",), "1986-12"),
        ("1986", ("DD/MM/YYYY", "YYYY"), "1986"),
        # 29 February of a Buddhist leap year: 2543 is 2000. No calendar here may refuse it.
        ("29/02/2543", ("DD/MM/YYYY",), "2543-02-29"),
    ],
)
def test_dates_are_only_put_in_order(text: str, formats: tuple[str, ...], iso: str) -> None:
    assert birth_date(text, formats) == iso


def test_a_row_that_does_not_fit_is_refused_without_repeating_it() -> None:
    columns = _bound(["id", "name", "dob"])
    with pytest.raises(Misfit, match="not of the form") as refused:
        columns.record_line(["1", "Somchai", "9 Dec 1986"])
    assert "9 Dec" not in refused.value.what
    with pytest.raises(Misfit, match="4 cells where the header has 3"):
        columns.record_line(["1", "Somchai", "1986", "x"])


@pytest.mark.parametrize(
    ("header", "toml", "named"),
    [
        (["name", "dob"], "", "record_id"),
        (["ชื่อ", "dob"], "", "the file has 'ชื่อ', 'dob'"),
        (["id", "name", "name"], "", "two columns"),
        (["id", "name"], 'record_id = "Ref"', "'Ref'"),
        (["id"], 'recordid = "id"', "recordid"),
        (["id"], "record_id = 7", "record_id"),
        (["id"], 'record_id = "id"\nbirth_date_format = "%d/%m/%Y"', "birth_date_format"),
        (["id"], 'record_id = "id"\nbirth_date_format = "DD YYYY"', "birth_date_format"),
        (["id"], '[[names]]\nscript = "Thai"', "names[0]"),
        (["id"], '[[names]]\ncolumn = "id"\nlanguage = "th"', "names[0].language"),
        (["id"], '[[documents]]\ntype = "passport"\nnumber_column = "id"', "issuer"),
        (["id"], '[fixed]\nrecord_id = "x"', "fixed.record_id"),
        (["id"], '[values.colour]\nred = "x"', "values.colour"),
        (["id"], '[values.sex]\nm = "male"\nM = "unknown"', "values.sex.M: is given twice"),
        (["id"], 'delimiter = ";;"', "delimiter"),
        (["id"], "names = 4", "names"),
        (["id"], "phones = []", "phones"),
    ],
)
def test_a_wrong_mapping_is_refused_by_key(header: list[str], toml: str, named: str) -> None:
    with pytest.raises(LancangError) as refused:
        _bound(header, toml)
    assert refused.value.code is Code.MAPPING_INVALID
    assert named in refused.value.detail
