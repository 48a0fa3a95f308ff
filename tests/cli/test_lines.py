"""Files are read as streams, with the line numbers an editor shows, and refused clearly when they are not text."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from node.cli.import_file import batches, examine
from node.cli.lines import TextLine, columns_of, is_csv, read_csv_lines, read_json_lines
from node.cli.mapping import Mapping
from node.errors import Code, LancangError


def _written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _csv(path: Path, mapping: Mapping | None = None) -> list[TextLine]:
    return list(read_csv_lines(path, columns_of(path, mapping or Mapping())))


@pytest.mark.parametrize(
    ("name", "content", "csv"),
    [
        ("people.csv", b"", True),
        ("people.tsv", b"", True),
        ("people.jsonl", b"id,name\n", False),
        ("people.txt", b'\xef\xbb\xbf  {"record_id": "1"}\n', False),
        ("people.txt", b"id,name\n", True),
        ("empty", b"", False),
    ],
)
def test_the_kind_of_a_file_is_found_out(tmp_path: Path, name: str, content: bytes, csv: bool) -> None:
    assert is_csv(_written(tmp_path, name, content)) is csv


def test_json_lines_pass_unread(tmp_path: Path) -> None:
    path = _written(tmp_path, "a.jsonl", b'\xef\xbb\xbf{"a":1}\r\n\n not json \n{"b":2}')
    assert [(line.number, line.data) for line in read_json_lines(path)] == [
        (1, b'{"a":1}'),
        (2, b""),
        (3, b"not json"),
        (4, b'{"b":2}'),
    ]


def test_a_line_that_is_too_long_is_refused_by_number_and_the_others_are_read(tmp_path: Path) -> None:
    path = _written(tmp_path, "a.jsonl", b'{"a":1}\n' + b"x" * 500 + b'\n{"b":2}\n')
    lines = list(read_json_lines(path, 100))
    assert [line.data for line in lines] == [b'{"a":1}', b"", b'{"b":2}']
    assert lines[1].refusal is not None
    assert (lines[1].refusal.line, lines[1].refusal.code) == (2, Code.INPUT_TOO_LARGE)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", b'{"a":1}\n{"n":"\xff"}\n', "line 2: not UTF-8"),
        ("a.csv", "id,name\n1,สม\n".encode("tis-620"), "line 2: not UTF-8"),
        ("a.csv", "id,name\n".encode("utf-16"), "UTF-16"),
        ("a.csv", b'id,name\n1,"open\n', "line 2"),
        ("a.csv", b'id,name\n1,"a"b\n', "line 2"),
        ("a", b'[{"record_id": "1"}]', "JSON array"),
        ("a.csv", b"", "line 1 is empty"),
        ("a.csv", b"\n\n", "line 1 is empty"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_what_to_do(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = _written(tmp_path, name, content)
    with pytest.raises(LancangError) as refused:
        _csv(path) if is_csv(path) else list(read_json_lines(path))
    assert refused.value.code is Code.FILE_UNREADABLE
    assert said in refused.value.detail


def test_a_directory_and_an_absent_file_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(LancangError, match="is a directory"):
        is_csv(tmp_path)
    with pytest.raises(LancangError, match="not a regular file"):
        is_csv(Path("/dev/null"))
    with pytest.raises(FileNotFoundError):
        is_csv(tmp_path / "absent")


def test_csv_rows_keep_the_line_numbers_of_the_file(tmp_path: Path) -> None:
    path = _written(tmp_path, "a.csv", b'id;name\n1;"Som\nchai"\n\n3;Lek\n4;too;many\n')
    lines = _csv(path)
    assert [line.number for line in lines] == [1, 2, 3, 4, 5, 6]
    assert [bool(line.data) for line in lines] == [False, True, False, False, True, False]
    assert lines[5].refusal is not None
    assert lines[5].refusal.line == 6


def test_a_survey_counts_what_is_there(tmp_path: Path) -> None:
    path = _written(tmp_path, "a.csv", b"id,name\n1,A\n2,B,C\n")
    survey = examine(iter(_csv(path)))
    assert (survey.lines, survey.records, len(survey.refused)) == (3, 2, 1)
    first = b'{"record_id": "1", "names": [{"text": "A"}]}'
    assert survey.digest == hashlib.sha256(b"\n" + first + b"\n\n").digest()


def test_batches_stay_small_and_leave_no_gap() -> None:
    lines = [TextLine(number, b"x" * 10_000) for number in range(3, 1003)]
    sent = list(batches(iter(lines)))
    assert all(len(data) <= 512 and sum(map(len, data)) <= 1024 * 1024 for _, data in sent)
    expected = 3
    for first, data in sent:
        assert first == expected
        expected += len(data)
    assert expected == 1003
