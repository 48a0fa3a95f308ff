"""A line as a JSON object: a key given twice is refused by name, at every depth."""

from __future__ import annotations

import pytest

from matcher.line import RepeatedKeyError, fields_of_line
from matcher.reading import claimed_id
from matcher.refusal import PersonError


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('{"sex": "male", "sex": "male"}', "the key 'sex' is given twice"),
        ('{"names": [{"text": "a", "script": "Thai", "text": "b"}]}', "the key 'text' is given twice"),
        ('{"\\u0001": 1, "\\u0001": 2}', "(unprintable)"),
        ('{"' + "x" * 90 + '": 1, "' + "x" * 90 + '": 2}', "the key '" + "x" * 40 + "' is given twice"),
    ],
)
def test_a_key_given_twice_is_refused_by_name(line: str, named: str) -> None:
    with pytest.raises(RepeatedKeyError) as refused:
        fields_of_line(line.encode())
    assert named in refused.value.problem


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(line: bytes) -> None:
    with pytest.raises(PersonError, match="not a JSON object"):
        fields_of_line(line)


def test_the_same_key_in_two_objects_is_no_repetition() -> None:
    assert fields_of_line('{"names": [{"text": "a"}, {"text": "b"}]}') == {"names": [{"text": "a"}, {"text": "b"}]}


def test_a_line_claims_the_id_it_would_be_read_under() -> None:
    assert claimed_id('{"record_id": "re\u0301f"}'.encode()) == "r\u00e9f"
    for line in (
        b'{"record_id": 7}',
        b'{"record_id": "\\ud800"}',
        b'{"record_id": "a", "record_id": "a"}',
        b"{",
        b"{}",
    ):
        assert claimed_id(line) is None
