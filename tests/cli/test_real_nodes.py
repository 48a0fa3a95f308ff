"""The commands against real nodes: three processes, real mTLS, files as a person would bring them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.cli.result_screen import LEAD
from tests.support.federation import RunningFederation, running_federation, wait_for

PURPOSE = ("--purpose", "telecom-fraud", "--case", "K-1")
PEOPLE = """ID,Name,Date of birth,Gender,Phone,Remarks
TH-1,สมชาย ใจดี,1986-12-09,M,+66812345678,seen in Myawaddy
TH-2,สมหญิง รักไทย,2529-01-31,F,,
TH-3,วิชัย ทองดี,09/12/1986,M,,
"""
SOMCHAI = ("--name", "Somchai Jaidee", "--birth-date", "1986-12-09")


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFederation]:
    """CN, TH and VN; TH holds two people."""
    folder = tmp_path_factory.mktemp("real")
    with running_federation(folder / "federation", ("cn", "th", "vn")) as running:
        (folder / "people.csv").write_text(PEOPLE, encoding="utf-8-sig")
        taken = running.command("record", "import", str(folder / "people.csv"), "--json", home="th")
        assert taken.returncode == 5, taken.stderr
        wait_for(lambda: _searched(running, *SOMCHAI)[0] == 0, "TH's person is found at CN")
        yield running


def _searched(running: RunningFederation, *arguments: str, stdin: str = "") -> tuple[int, dict[str, Any]]:
    done = running.command("search", *arguments, *PURPOSE, "--json", home="cn", stdin=stdin)
    return done.returncode, json.loads(done.stdout)


def test_the_same_file_twice_changes_nothing_and_refused_lines_are_named(
    federation: RunningFederation, tmp_path: Path
) -> None:
    (tmp_path / "again.csv").write_text(PEOPLE)
    again = federation.command("record", "import", str(tmp_path / "again.csv"), "--json", home="th")
    told = json.loads(again.stdout)
    assert (again.returncode, told["added"], told["unchanged"], told["refused"]) == (5, 0, 2, 1)
    assert told["refusals"][0]["line"] == 4
    assert "line 4: LCG-101 birth_date" in again.stderr
    assert "Columns not used: Remarks" in again.stderr
    assert "09/12/1986" not in again.stderr


def test_a_dry_run_changes_nothing(federation: RunningFederation, tmp_path: Path) -> None:
    line = {"record_id": "TH-dry", "names": [{"text": "มานี มีนา"}]}
    (tmp_path / "dry.jsonl").write_text(json.dumps(line))
    dry = federation.command("record", "import", str(tmp_path / "dry.jsonl"), "--dry-run", home="th")
    assert (dry.returncode, "1 would be added" in dry.stdout) == (0, True)
    assert federation.command("record", "show", "TH-dry", home="th").returncode == 6


def test_a_search_has_the_promised_shape(federation: RunningFederation) -> None:
    code, found = _searched(federation, *SOMCHAI, "--query-id", "mine")
    assert code == 0
    assert set(found) == {"version", "query_id", "search_id", "complete", "answers"}
    assert (found["version"], found["query_id"], found["complete"]) == (1, "mine", True)
    answers = {answer["node"]: answer for answer in found["answers"]}
    assert set(answers) == {"th", "vn"}
    assert (answers["th"]["outcome"], answers["vn"]["outcome"], answers["vn"]["hits"]) == ("hit", "none", [])
    assert set(answers["th"]) == {"node", "outcome", "epoch", "as_of", "hits"}
    hit = answers["th"]["hits"][0]
    # Another test here may have found him before.
    assert set(hit) == {"hit_id", "tag", "band", "score", "agreed"}
    assert hit["band"] == "strong"
    assert 0 < hit["score"] <= 1
    shown = federation.command("record", "show", "--tag", hit["tag"], "--audience", "CN", "--json", home="th")
    record = json.loads(shown.stdout)
    assert (record["record_id"], record["names"][0]["text"]) == ("TH-1", "สมชาย ใจดี")


def test_the_screen_shows_a_lead(federation: RunningFederation) -> None:
    done = federation.command("search", *SOMCHAI, *PURPOSE, home="cn")
    assert done.returncode == 0
    assert "strong hit" in done.stdout
    assert LEAD in " ".join(done.stdout.split())
    assert "\x1b[" not in done.stdout


def test_nobody_is_exit_code_one(federation: RunningFederation) -> None:
    code, found = _searched(federation, "--name", "Zbigniew Brzeczyszczykiewicz", "--birth-date", "1950-02-03")
    assert (code, found["complete"]) == (1, True)


def test_a_query_line_and_an_interview_find_the_same(federation: RunningFederation) -> None:
    line = json.dumps({"query_id": "q7", "names": [{"text": "Somchai Jaidee"}], "birth_date": "1986-12-09"})
    code, found = _searched(federation, "-", "--peer", "TH", stdin=line)
    assert (code, found["query_id"], [answer["node"] for answer in found["answers"]]) == (0, "q7", ["th"])
    said = "Somchai Jaidee\n\n\n1986-12-09\n\n\n\n\n\ntelecom-fraud\nK-1\n"
    done = federation.command("search", "--json", home="cn", stdin=said)
    assert (done.returncode, json.loads(done.stdout)["answers"][0]["outcome"]) == (0, "hit")


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "said"),
    [
        (("--name", "A B", "--purpose", "curiosity", "--case", "K"), "", 2, "LCG-103"),
        (("--name", "Somchai", "--birth-date", "soon", *PURPOSE), "", 2, "birth_date"),
        (("--name", "Somchai", "--peer", "XX", *PURPOSE), "", 2, "peer"),
        (("--name", "Somchai", "--peer", "T H", *PURPOSE), "", 2, "peer"),
        (("--name", "Somchai", "--purpose", "ฉ้อโกง", "--case", "K"), "", 2, "LCG-103"),
        (("-", *PURPOSE), '{"names": []}{"names": []}', 2, "--file"),
        (PURPOSE, "", 2, "LCG-105"),
        ((*PURPOSE, "--as", "auditor"), "Somchai", 8, "LCG-203"),
        (("-", *PURPOSE), '{"query_id": "q", "nmaes": []}', 2, "nmaes"),
        (("--name", "Somchai", *PURPOSE, "--as", "auditor"), "", 8, "LCG-203"),
        (("--name", "Somchai", *PURPOSE, "--as", "../../th"), "", 7, "LCG-204"),
    ],
)
def test_what_a_search_refuses(
    federation: RunningFederation, arguments: tuple[str, ...], stdin: str, code: int, said: str
) -> None:
    done = federation.command("search", *arguments, home="cn", stdin=stdin)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_a_file_is_searched_in_its_order(federation: RunningFederation, tmp_path: Path) -> None:
    queries, results = tmp_path / "queries.jsonl", tmp_path / "results.jsonl"
    lines = [
        json.dumps({"query_id": f"q{number}", "names": [{"text": "Somchai Jaidee"}], "birth_date": f"19{number}-12-09"})
        for number in range(80, 92)
    ]
    queries.write_text("\n".join(lines) + "\n")
    done = federation.command("search", "--file", str(queries), "--out", str(results), *PURPOSE, home="cn")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in results.read_text().splitlines()]
    assert [one["query_id"] for one in found] == [f"q{number}" for number in range(80, 92)]
    assert results.stat().st_mode & 0o077 == 0
    queries.write_text(lines[0] + "\n{}\n" + lines[6] + "\n")
    done = federation.command("search", "--file", str(queries), "--out", str(results), *PURPOSE, home="cn")
    assert (done.returncode, "line 2: LCG-101" in done.stderr) == (4, True)
    assert [json.loads(line)["query_id"] for line in results.read_text().splitlines()] == ["q80", "q86"]
    assert not list(tmp_path.glob("*.part"))


def test_a_file_is_not_searched_where_its_results_could_not_be_kept(
    federation: RunningFederation, tmp_path: Path
) -> None:
    queries, table = tmp_path / "queries.jsonl", tmp_path / "people.csv"
    queries.write_text(json.dumps({"query_id": "q", "names": [{"text": "Somchai Jaidee"}]}) + "\n")
    table.write_text(PEOPLE)
    asked = ("search", "--file", str(queries), *PURPOSE, "--out")
    for out, said in ((tmp_path, "is a directory"), (queries, "the file of the queries")):
        refused = federation.command(*asked, str(out), home="cn")
        assert (refused.returncode, said in refused.stderr) == (2, True), refused.stderr
    refused = federation.command("search", "--file", str(table), *PURPOSE, "--out", str(tmp_path / "o"), home="cn")
    assert (refused.returncode, "JSON object a line" in refused.stderr) == (2, True)
    unknown = ("--purpose", "curiosity", "--case", "K", "--out", str(tmp_path / "o"))
    refused = federation.command("search", "--file", str(queries), *unknown, home="cn")
    assert (refused.returncode, "LCG-103" in refused.stderr) == (2, True)
    assert {path.name for path in tmp_path.iterdir()} == {"queries.jsonl", "people.csv"}


def test_a_record_is_shown_as_people_read_it(federation: RunningFederation) -> None:
    shown = federation.command("record", "show", "TH-2", home="th").stdout
    assert "2529-01-31 (Buddhist; 1986-01-31)" in shown
    assert shown.index("record id") < shown.index("names") < shown.index("birth date")


def test_a_record_is_withdrawn_only_with_a_yes(federation: RunningFederation, tmp_path: Path) -> None:
    line = {"record_id": "TH-gone", "names": [{"text": "มานะ มีใจ"}], "birth_date": "1990-01-01"}
    (tmp_path / "one.jsonl").write_text(json.dumps(line))
    assert federation.command("record", "import", str(tmp_path / "one.jsonl"), home="th").returncode == 0
    refused = federation.command("record", "withdraw", "TH-gone", home="th")
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    assert federation.command("record", "withdraw", "TH-gone", "--yes", home="th").returncode == 0
    shown = json.loads(federation.command("record", "show", "TH-gone", "--json", home="th").stdout)
    assert (shown["state"], "names" in shown) == ("withdrawn", False)


def test_a_node_shows_how_it_stands(federation: RunningFederation) -> None:
    peers = json.loads(federation.command("peers", "--json", home="cn").stdout)["peers"]
    assert {peer["node"]: peer["state"] for peer in peers} == {"th": "in-sync", "vn": "in-sync"}
    status = json.loads(federation.command("node", "status", "--json", home="th").stdout)
    assert (status["node"], status["state"], status["live_records"]) == ("th", "serving", 2)
    doctor = federation.command("doctor", "--json", home="cn")
    told = json.loads(doctor.stdout)
    assert (doctor.returncode, told["state"]) == (0, "ok"), doctor.stdout
    roster = json.loads(federation.command("roster", "show", "--json", home="cn").stdout)
    assert {member["node_id"] for member in roster["roster"]["members"]} == {"cn", "th", "vn"}


def test_the_auditor_sees_who_asked_and_not_whom(federation: RunningFederation) -> None:
    _searched(federation, *SOMCHAI)
    told = federation.command("acts", "--limit", "1000", "--json", home="th")
    asks = [act for act in json.loads(told.stdout)["acts"] if act["kind"] == "ask-received"]
    assert asks
    assert asks[-1]["peer"] == "cn"
    assert asks[-1]["detail"]["purpose"] == "telecom-fraud"
    assert "K-1" not in told.stdout
    assert "Somchai" not in told.stdout
    assert federation.command("acts", "--as", "analyst", home="th").returncode == 8


def test_two_nodes_never_run_from_one_home(federation: RunningFederation) -> None:
    second = federation.command("node", "run", home="vn")
    assert (second.returncode, "LCG-604" in second.stderr) == (16, True)


def test_a_roster_is_not_exchanged_under_a_running_node(federation: RunningFederation, tmp_path: Path) -> None:
    roster = tmp_path / "roster.json"
    roster.write_text(federation.command("roster", "show", "--json", home="vn").stdout)
    assert federation.command("roster", "verify", str(roster), home="cn").returncode == 0
    assert "LCG-604" in federation.command("roster", "install", str(roster), home="vn").stderr
