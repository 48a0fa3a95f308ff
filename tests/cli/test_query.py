"""A query comes from options, from one line, or field by field; what is missing is asked for or refused by name."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from node.cli.query import Subject, Terms, interview, read_query, terms
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


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"text"', b"\xff\xfe{}", b"[" * 50_000])
def test_what_is_no_query_line_is_refused(raw: bytes) -> None:
    with pytest.raises(LancangError) as refused:
        read_query(raw)
    assert refused.value.code is Code.INPUT_INVALID


def test_a_line_has_a_limit() -> None:
    with pytest.raises(LancangError) as refused:
        read_query(b'{"query_id": "' + b"x" * 70_000 + b'"}')
    assert refused.value.code is Code.INPUT_TOO_LARGE


def _answers(*given: str) -> Iterator[str]:
    yield from given
    while True:
        yield ""


def test_the_interview_goes_field_by_field() -> None:
    person = ("Somchai", "Lek", "", "Latn", "1986-12-09", "male", "TH", "", "+66812345678", "", "")
    said = _answers(*person, "telecom-fraud", "K-1")
    subject, under = interview(None, None, lambda _question: next(said))
    assert subject == Subject(
        names=("Somchai", "Lek"),
        script="Latn",
        birth_date="1986-12-09",
        sex="male",
        nationality="TH",
        phones=("+66812345678",),
    )
    assert under == Terms("telecom-fraud", "K-1")


def test_the_interview_does_not_ask_again_what_options_said() -> None:
    said = _answers("Somchai")
    asked: list[str] = []
    _, under = interview("telecom-fraud", "K-1", lambda question: asked.append(question) or next(said))  # type: ignore[func-returns-value]  # append returns None on purpose
    assert under == Terms("telecom-fraud", "K-1")
    assert not {"Purpose", "Case number"} & set(asked)


@pytest.mark.parametrize(("purpose", "case", "named"), [(None, "K", "--purpose"), ("p", " ", "--case")])
def test_a_search_needs_a_purpose_and_a_case(purpose: str | None, case: str | None, named: str) -> None:
    with pytest.raises(LancangError, match=named):
        terms(purpose, case)
