"""`evaluate` as a shell sees it: two files in, candidates out; an unreadable line is refused by number."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from node.cli.main import app

runner = CliRunner(env={"LANCANG_HOME": None, "NO_COLOR": "1"})
RECORD = {"record_id": "r1", "names": [{"text": "สมชาย ใจดี"}], "birth_date": "2529-12-09", "country": "TH"}
QUERY = {"query_id": "q1", "names": [{"text": "Somchai Jaidee"}], "birth_date": "1986-12-09", "matches": ["r1"]}


def _file(path: Path, *lines: object) -> str:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return str(path)


def test_candidates_are_written_for_the_judge_and_other_keys_are_passed_over(tmp_path: Path) -> None:
    records, queries = _file(tmp_path / "r.jsonl", RECORD), _file(tmp_path / "q.jsonl", QUERY)
    out = tmp_path / "out.jsonl"
    shown = runner.invoke(app, ["evaluate", records, queries, "--candidates", str(out)])
    assert shown.exit_code == 0
    (found,) = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    assert (found["query_id"], found["record_id"]) == ("q1", "r1")
    assert set(found) == {"query_id", "record_id", "score"}
    assert "1 records, 1 queries, 1 candidates, 0 lines refused" in shown.stderr
    assert out.stat().st_mode & 0o077 == 0


def test_a_line_that_cannot_be_read_is_refused_by_number_and_the_run_goes_on(tmp_path: Path) -> None:
    records = _file(tmp_path / "r.jsonl", "{", RECORD, {"record_id": "r2", "names": [{"text": "12"}]})
    queries = _file(tmp_path / "q.jsonl", "[]", "", QUERY)
    out = tmp_path / "out.jsonl"
    shown = runner.invoke(app, ["evaluate", records, queries, "--candidates", str(out)])
    assert shown.exit_code == 5
    for words in ("line 1: LCG-101 line: not a JSON object", "line 3: LCG-101 names[0].text", "3 lines refused"):
        assert words in shown.stderr
    assert len(out.read_text(encoding="utf-8").splitlines()) == 1


def test_a_missing_file_leaves_no_candidates(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    shown = runner.invoke(app, ["evaluate", str(tmp_path / "none"), str(tmp_path / "none"), "--candidates", str(out)])
    assert shown.exit_code == 2
    assert not out.exists()


def test_a_run_is_judged_by_the_matches_that_queries_carry_and_reported(tmp_path: Path) -> None:
    nobody = {"query_id": "q2", "names": [{"text": "Khin Aye Mya"}], "birth_date": "1950-01-02", "matches": []}
    records, queries = _file(tmp_path / "r.jsonl", RECORD), _file(tmp_path / "q.jsonl", QUERY, nobody)
    out, report = tmp_path / "out.jsonl", tmp_path / "report"
    shown = runner.invoke(app, ["evaluate", records, queries, "--candidates", str(out), "--report", str(report)])
    assert shown.exit_code == 0
    assert "Judged by 2 queries that carry matches: recall@1 1.000" in shown.stderr
    assert f"Report: {report / 'index.md'}" in shown.stderr.replace("\n", "")
    assert "2 queries, 1 of them" in (report / "index.md").read_text(encoding="utf-8")


def test_a_query_that_is_refused_counts_as_not_found(tmp_path: Path) -> None:
    unread = {"query_id": "q2", "names": [{"text": "12"}], "matches": ["r1"]}
    records, queries = _file(tmp_path / "r.jsonl", RECORD), _file(tmp_path / "q.jsonl", QUERY, unread)
    shown = runner.invoke(app, ["evaluate", records, queries, "--candidates", str(tmp_path / "out.jsonl")])
    assert shown.exit_code == 5
    assert "recall@1 0.500" in shown.stderr


def test_without_the_truth_a_report_is_refused_before_the_run(tmp_path: Path) -> None:
    blind = {key: value for key, value in QUERY.items() if key != "matches"}
    records, queries = _file(tmp_path / "r.jsonl", RECORD), _file(tmp_path / "q.jsonl", blind)
    out, report = tmp_path / "out.jsonl", tmp_path / "report"
    shown = runner.invoke(app, ["evaluate", records, queries, "--candidates", str(out), "--report", str(report)])
    assert shown.exit_code == 2
    assert "matches" in shown.stderr
    assert not out.exists()
    assert not report.exists()
