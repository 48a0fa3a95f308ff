"""`explain` and `romanize` as a shell sees them: no home, words for people, JSON for programs, clear refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from node.cli.main import app

runner = CliRunner(env={"LANCANG_HOME": None, "NO_COLOR": "1"})
QUERY = json.dumps({"names": [{"text": "Mr Somchai Jaidee"}], "birth_date": "1986-12-09", "nationality": "TH"})
RECORD = json.dumps({"names": [{"text": "สมชาย ใจดี"}], "birth_date": "2529-12-09"})
STRANGER = json.dumps({"names": [{"text": "Nguyễn Văn An"}], "birth_date": "1971-03-04"})


def test_a_pair_is_explained_in_words() -> None:
    shown = runner.invoke(app, ["explain", "-"], input=f"{QUERY}\n{RECORD}\n")
    assert shown.exit_code == 0
    for words in ("somchai", "Band: strong", "100,000 records", "Not compared: nationality", "not an identification"):
        assert words in shown.stdout
    assert "\x1b[" not in shown.stdout


def test_the_steps_of_the_score_add_up_to_it(tmp_path: Path) -> None:
    from math import exp

    query, record = tmp_path / "q.json", tmp_path / "r.json"
    query.write_text(QUERY, encoding="utf-8")
    record.write_text(json.dumps({"names": [{"text": "สมชาย"}], "birth_date": "2529-12-09"}), encoding="utf-8")
    shown = runner.invoke(app, ["explain", str(query), str(record), "--json", "--population", "5000"])
    found = json.loads(shown.stdout)
    assert (found["version"], found["population"]) == (1, 5000)
    odds = sum(step["log_odds"] for step in found["steps"]) - found["nobody"]
    assert found["score"] == pytest.approx(1 / (1 + exp(-odds)), abs=1e-6)
    assert sum(kind["shared"] for kind in found["kinds"]) == sum(step["shared"] for step in found["steps"]) > 0


def test_strangers_share_nothing_and_are_in_no_band() -> None:
    found = json.loads(runner.invoke(app, ["explain", "-", "--json"], input=f"{QUERY}\n{STRANGER}\n").stdout)
    assert found["band"] == "none"
    assert found["score"] == 0


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("", "two lines"),
        (QUERY, "two lines"),
        (f"{QUERY}\n{{", "record is not one JSON object"),
        (f"[]\n{RECORD}", "query is not one JSON object"),
        (f'{{"names": [{{"text": ""}}]}}\n{RECORD}', "names[0].text"),
        (f'{{"nmes": []}}\n{RECORD}', "names"),
        (f"{QUERY}\n{{}}", "nothing says who this is"),
        (f'{QUERY}\n{{"sex": "male", "sex": "female"}}', "the record: the key 'sex' is given twice"),
    ],
)
def test_what_cannot_be_explained_is_refused_by_field(given: str, named: str) -> None:
    shown = runner.invoke(app, ["explain", "-"], input=given)
    assert shown.exit_code == 2
    assert named in shown.stderr
    assert shown.stdout == ""


def test_a_missing_record_and_a_missing_file_are_usage_errors(tmp_path: Path) -> None:
    assert runner.invoke(app, ["explain", "q.json"]).exit_code == 2
    assert runner.invoke(app, ["explain", str(tmp_path / "none"), str(tmp_path / "none")]).exit_code == 2


def test_a_name_is_read_from_an_argument_or_unseen_from_standard_input() -> None:
    shown = runner.invoke(app, ["romanize", "สมชาย ใจดี", "--json"])
    piped = runner.invoke(app, ["romanize", "-", "--json"], input="สมชาย ใจดี\n")
    found = json.loads(shown.stdout)
    assert found == json.loads(piped.stdout)
    assert found["scripts"] == ["Thai"]
    assert found["readings"][0][0]["letters"] == "somchai"


@pytest.mark.parametrize("arguments", [["romanize", ""], ["romanize", "12"], ["romanize", "A", "--script", "Klingon"]])
def test_what_is_no_name_is_refused(arguments: list[str]) -> None:
    shown = runner.invoke(app, arguments)
    assert shown.exit_code == 2
    assert "names[0]" in shown.stderr
