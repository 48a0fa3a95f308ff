"""What a search tells scripts and people: the JSON shape, the exit codes, and the words on the screen."""

from __future__ import annotations

import io
import json
import sys

import pytest
from rich.console import Console

from node.cli.invocation import Invocation
from node.cli.result_screen import LEAD, show_result
from node.cli.results import exit_code, result_json
from node.cli.screen import console, table
from node.cli.search_file import InOrder, Tally
from node.v1 import operator_pb2

HIT = operator_pb2.Hit(hit_id="h1", tag="0a1b2c3d4e5f60", band="strong", score=0.93, agreed=["birth-date+name-frame"])
RESULT = operator_pb2.SearchResult(
    query_id="q1",
    search_id="s1",
    complete=False,
    not_compared=["phone"],
    answers=[
        operator_pb2.Answer(node="th", outcome="hit", epoch=3, as_of_ms=1_800_000_000_123, hits=[HIT]),
        operator_pb2.Answer(node="vn", outcome="none", epoch=0, as_of_ms=1_800_000_000_000),
        operator_pb2.Answer(node="mm", outcome="unreachable", code="LCG-601", reason="no route\x1b[31m"),
    ],
)


def test_the_json_is_exactly_as_promised() -> None:
    assert result_json(RESULT) == {
        "version": 1,
        "query_id": "q1",
        "search_id": "s1",
        "complete": False,
        "answers": [
            {
                "node": "th",
                "outcome": "hit",
                "epoch": 3,
                "as_of": "2027-01-15T08:00:00.123Z",
                "hits": [
                    {
                        "hit_id": "h1",
                        "tag": "0a1b2c3d4e5f60",
                        "band": "strong",
                        "score": 0.93,
                        "agreed": ["birth-date+name-frame"],
                    }
                ],
            },
            {"node": "vn", "outcome": "none", "epoch": 0, "as_of": "2027-01-15T08:00:00.000Z", "hits": []},
            {"node": "mm", "outcome": "unreachable", "code": "LCG-601", "reason": "no route\x1b[31m", "hits": []},
        ],
    }


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        (["hit", "unreachable", "possible"], 0),
        (["possible", "none", "timeout"], 3),
        (["none", "none"], 1),
        ([], 1),
        (["none", "unreachable"], 4),
        (["none", "refused"], 4),
        (["none", "timeout"], 4),
        (["error"], 4),
    ],
)
def test_exit_codes_say_what_was_found(outcomes: list[str], code: int) -> None:
    assert exit_code(outcomes) == code


def _screen(result: operator_pb2.SearchResult, width: int = 120) -> str:
    out = io.StringIO()
    show_result(Console(file=out, width=width, no_color=True), result)
    return out.getvalue()


FULL = operator_pb2.Hit(
    hit_id="7be2f6d726dac8dd", tag="fe31d797507a96", band="possible", score=0.999, agreed=["name-frame", "name-loose"]
)


@pytest.mark.parametrize("width", [60, 80, 120, 10_000])
def test_a_tag_and_a_hit_id_stand_whole_on_one_line_of_any_screen(width: int) -> None:
    answer = operator_pb2.Answer(node="th", outcome="possible", epoch=1, as_of_ms=1_800_000_000_000, hits=[FULL] * 3)
    lines = _screen(operator_pb2.SearchResult(answers=[answer]), width).splitlines()
    whole = [line for line in lines if {"fe31d797507a96", "7be2f6d726dac8dd"} <= set(line.split())]
    assert len(whole) == 3
    assert all(len(line) <= width for line in lines)


def test_a_pipe_breaks_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    show_result(console(Invocation(None, None, False)), RESULT)
    assert LEAD in out.getvalue().splitlines()


WIDE = (("Node", "Endpoint", "Hash"), [("TH", "lancang.police.example:7443", "0f" * 32), ("VN", "", "")])


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_table_cuts_no_word_in_two(width: int) -> None:
    out = io.StringIO()
    table(Console(file=out, width=width, no_color=True), *WIDE)
    assert "0f" * 32 in out.getvalue().split()
    assert "lancang.police.example:7443" in out.getvalue().split()


def test_a_table_wraps_between_words_where_that_is_enough() -> None:
    out = io.StringIO()
    table(Console(file=out, width=60, no_color=True), ("Check", "What to do"), [("disk", "Free space. " * 12)])
    assert "Check   What to do" in out.getvalue()
    assert max(map(len, out.getvalue().splitlines())) <= 60


def test_the_screen_says_in_words_what_was_found_and_what_was_not() -> None:
    shown = _screen(RESULT)
    assert "strong hit" in shown
    assert "birth date and the consonants of the name" in " ".join(shown.split())
    assert "nothing found" in shown
    assert "Not compared: phone." in shown
    assert "MM was not searched (out of reach). LCG-601" in shown
    assert LEAD in " ".join(shown.split())


def test_a_peer_cannot_drive_the_terminal() -> None:
    assert "\x1b" not in _screen(RESULT)


def test_every_screen_says_that_a_hit_is_a_lead() -> None:
    nothing = operator_pb2.SearchResult(complete=True, answers=[operator_pb2.Answer(node="vn", outcome="none")])
    assert LEAD in " ".join(_screen(nothing).split())


def test_a_stale_index_is_told_although_it_was_searched() -> None:
    answer = operator_pb2.Answer(node="th", outcome="none", code="LCG-410", reason="the index is not fresh")
    assert "TH: the index is not fresh (LCG-410)." in _screen(operator_pb2.SearchResult(answers=[answer]))


def test_results_of_a_file_stand_in_its_order() -> None:
    out = io.BytesIO()
    order = InOrder(io.BufferedWriter(out))
    for line in (1, 2, 5, 6):
        order.expect(line)
    order.put(5, b"five\n")
    order.put(1, b"one\n")
    order.put(6, b"six\n")
    order.put(2, b"")
    order.to.flush()
    assert out.getvalue() == b"one\nfive\nsix\n"


def test_a_file_is_answered_only_if_every_line_is() -> None:
    tally = Tally()
    tally.count(operator_pb2.SearchResult(complete=True))
    assert tally.exit_code == 0
    tally.count(operator_pb2.SearchResult(complete=False))
    assert tally.exit_code == 4
    assert Tally(refused=1).exit_code == 4


def test_a_result_is_one_json_line() -> None:
    assert "\n" not in json.dumps(result_json(RESULT), ensure_ascii=False)
