"""A query comes from options or from standard input; what is missing or wrong is refused by name."""

from __future__ import annotations

import json

import pytest

from node.cli.query import Subject, read_query, terms
from node.errors import Code, LancangError


def test_options_become_a_query_line() -> None:
    subject = Subject(names=("Somchai", "สมชาย"), script="Thai", birth_date="1986", documents=("passport:TH:A1",))
    assert json.loads(subject.line("q1")) == {
        "query_id": "q1",
        "names": [{"text": "Somchai", "script": "Thai"}, {"text": "สมชาย", "script": "Thai"}],
        "birth_date": "1986",
        "documents": ["passport:TH:A1"],
    }


def test_a_line_keeps_its_id_or_gets_one() -> None:
    assert read_query(b'\xef\xbb\xbf{"query_id": "mine", "names": []}\n') == b'{"query_id": "mine", "names": []}'
    given = json.loads(read_query(b'{"names": [{"text": "A"}]}'))
    assert given["query_id"].startswith("q-")
    assert given["names"] == [{"text": "A"}]


def test_a_query_may_stand_on_several_lines_but_must_be_one() -> None:
    assert json.loads(read_query(b'{\n  "query_id": "mine"\n}\n'))["query_id"] == "mine"
    with pytest.raises(LancangError, match="--file"):
        read_query(b'{"query_id": "a"}\n{"query_id": "b"}\n')


def test_an_option_in_another_encoding_is_refused_and_not_repeated() -> None:
    with pytest.raises(LancangError, match="UTF-8") as refused:
        Subject(names=("\udcca\udcc1",)).line("q1")
    assert refused.value.code is Code.INPUT_INVALID


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"text"', b"\xff\xfe{}", b"[" * 50_000])
def test_what_is_no_query_line_is_refused(raw: bytes) -> None:
    with pytest.raises(LancangError) as refused:
        read_query(raw)
    assert refused.value.code is Code.INPUT_INVALID


def test_a_line_has_a_limit() -> None:
    with pytest.raises(LancangError) as refused:
        read_query(b'{"query_id": "' + b"x" * 70_000 + b'"}')
    assert refused.value.code is Code.INPUT_TOO_LARGE


@pytest.mark.parametrize(("purpose", "case", "named"), [(None, "K", "--purpose"), ("p", " ", "--case")])
def test_a_search_needs_a_purpose_and_a_case(purpose: str | None, case: str | None, named: str) -> None:
    with pytest.raises(LancangError, match=named):
        terms(purpose, case)
