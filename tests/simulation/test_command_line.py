"""The command line against six running nodes: exit codes, the JSON that scripts rely on, files in and out."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field
from typer.testing import CliRunner, Result

from node.cli.main import app
from tests.support import disk
from tests.support.federation import MEMBERS, wait_for
from tests.support.people import Line, invented, neighbours
from tests.support.six_nodes import SixNodes, wait_spread

UNDER = ("--purpose", "telecom-fraud", "--case", "K-17")


class Strict(BaseModel):
    """Nothing more, nothing less, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class HitShape(Strict):
    hit_id: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    tag: Annotated[str, Field(pattern="^[0-9a-f]{14}$")]
    band: Literal["strong", "possible"]
    score: Annotated[float, Field(ge=0, le=1)]
    agreed: Annotated[list[str], Field(min_length=1)]


class AnswerShape(Strict):
    node: str
    outcome: Literal["hit", "possible", "none", "refused", "unreachable", "timeout", "error"]
    code: Annotated[str, Field(pattern="^LCG-[0-9]{3}$")] | None = None
    reason: str | None = None
    epoch: Annotated[int, Field(ge=1)] | None = None
    as_of: str | None = None
    hits: list[HitShape]


class ResultShape(Strict):
    """One result line, as docs/operations.md and the issue promise it to scripts."""

    version: Literal[1]
    query_id: str
    search_id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    complete: bool
    answers: list[AnswerShape]


def checked(text: str) -> ResultShape:
    """Parse a result, and what its shape alone cannot say."""
    result = ResultShape.model_validate_json(text)
    for answer in result.answers:
        assert [hit.score for hit in answer.hits] == sorted((hit.score for hit in answer.hits), reverse=True)
        bands = {hit.band for hit in answer.hits}
        assert (answer.outcome == "hit") == ("strong" in bands)
        assert (answer.outcome == "possible") == (bands == {"possible"})
        if answer.outcome in {"hit", "possible", "none"}:
            assert answer.as_of is not None
            assert datetime.fromisoformat(answer.as_of).tzinfo is not None
            assert answer.epoch is not None
        else:
            assert answer.code is not None
            assert answer.reason
    assert result.complete == all(answer.outcome in {"hit", "possible", "none"} for answer in result.answers)
    return result


class Clerk:
    """Whoever types commands at one node."""

    def __init__(self, six: SixNodes, node: str) -> None:
        self._home = six.running.node(node).home.path
        self._runner = CliRunner(env={"LANCANG_SECRET_FILE": None, "LANCANG_HOME": None})

    def __call__(self, *arguments: str | Path, code: int = 0, stdin: str = "") -> Result:
        done = self._runner.invoke(app, ["--home", str(self._home), *map(str, arguments)], input=stdin)
        assert done.exit_code == code, done.output
        return done

    def imported(self, *arguments: str | Path, code: int = 0) -> Line:
        """Import a file; the summary."""
        summary: Line = json.loads(self("record", "import", "--json", *arguments, code=code).stdout)
        return summary


def written(path: Path, records: list[Line]) -> Path:
    """Records as JSON lines."""
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture
def without_vn(six: SixNodes) -> Iterator[None]:
    """VN stopped for a while."""
    stopped = six.running.processes["vn"]
    stopped.send_signal(signal.SIGTERM)
    assert stopped.wait(30) == 0
    yield
    six.running.start("vn")
    six.running.wait_serving("vn")
    six.running.wait_in_sync()


def test_exit_codes_say_what_was_found_while_a_node_is_away(six: SixNodes, without_vn: None) -> None:
    person = invented("th")[0]
    searches = {
        "hit": ("--phone", person.phone, "--json"),
        "possible": ("--name", person.native),
        "nobody": ("--name", "Zephyrine Quillfeather"),
        "answered": ("--name", "Zephyrine Quillfeather", "--peer", "TH", "--peer", "LA"),
    }
    with ThreadPoolExecutor() as pool:
        runs = {
            name: pool.submit(six.running.command, "search", *subject, *UNDER, home="cn")
            for name, subject in searches.items()
        }
    done = {name: run.result() for name, run in runs.items()}
    assert {name: one.returncode for name, one in done.items()} == {"hit": 0, "possible": 3, "nobody": 4, "answered": 1}
    outcomes = {answer.node: answer for answer in checked(done["hit"].stdout).answers}
    assert outcomes["th"].outcome == "hit"
    assert (outcomes["vn"].outcome, outcomes["vn"].code) == ("unreachable", "LCG-601")
    assert {answer.outcome for node, answer in outcomes.items() if node not in {"th", "vn"}} == {"none"}
    assert "lead, not an identification" in done["possible"].stdout
    assert "VN" in done["possible"].stdout


def test_a_file_of_queries_gives_a_file_of_whole_results_in_order(six: SixNodes, tmp_path: Path) -> None:
    people = [person for owner in MEMBERS[1:] for person in invented(owner)]
    queries: list[Line] = [{"query_id": f"q{place}", "phones": [person.phone]} for place, person in enumerate(people)]
    queries.append({"query_id": "nobody", "names": [{"text": "Zephyrine Quillfeather"}]})
    out = tmp_path / "results.jsonl"
    Clerk(six, "cn")("search", "--file", written(tmp_path / "queries.jsonl", queries), "--out", out, *UNDER)
    results = [checked(line) for line in out.read_text().splitlines()]
    assert [result.query_id for result in results] == [query["query_id"] for query in queries]
    assert all(result.complete for result in results)
    for person, result in zip(people, results, strict=False):
        assert [answer.node for answer in result.answers if answer.outcome == "hit"] == [person.owner]
    assert {answer.outcome for answer in results[-1].answers} == {"none"}
    assert out.stat().st_mode & 0o077 == 0


def test_a_file_finds_what_single_searches_find(six: SixNodes, tmp_path: Path) -> None:
    """Subjects of a file are asked together; what is found of each is the same, score by score."""
    people = [person for owner in MEMBERS[1:] for person in invented(owner)]
    queries: list[Line] = [
        {"query_id": f"q{place}", "names": [{"text": person.heard}], "birth_date": person.birth_date}
        for place, person in enumerate(people)
    ]
    out = tmp_path / "results.jsonl"
    Clerk(six, "cn")("search", "--file", written(tmp_path / "queries.jsonl", queries), "--out", out, *UNDER)
    for query, line in zip(queries, out.read_text().splitlines(), strict=True):
        together = {
            answer["node"]: [(hit["tag"], hit["band"], hit["score"], hit["agreed"]) for hit in answer["hits"]]
            for answer in json.loads(line)["answers"]
        }
        alone = {
            node: [(hit.tag, hit.band, hit.score, list(hit.agreed)) for hit in answer.hits]
            for node, answer in six.answers("cn", {key: query[key] for key in ("names", "birth_date")}).items()
        }
        assert together == alone


def test_a_query_line_comes_by_standard_input(six: SixNodes) -> None:
    line = json.dumps({"query_id": "from-stdin", "documents": ["passport:LA:" + invented("la")[0].passport]})
    shown = Clerk(six, "kh")("search", "-", "--json", *UNDER, stdin=line)
    result = checked(shown.stdout)
    assert result.query_id == "from-stdin"
    assert [answer.node for answer in result.answers if answer.outcome == "hit"] == ["la"]


def test_an_unknown_purpose_is_refused_by_name(six: SixNodes) -> None:
    refused = Clerk(six, "kh")("search", "--name", "Chan Dara", "--purpose", "curiosity", "--case", "K", code=2)
    assert "LCG-103" in refused.stderr
    assert "curiosity" in refused.stderr


def test_the_same_file_twice_changes_nothing(six: SixNodes, tmp_path: Path) -> None:
    clerk, home = Clerk(six, "la"), six.running.node("la").home
    file = written(
        tmp_path / "la.jsonl", [*neighbours("la", 24, 99), {"record_id": "LA-8", "names": [{"text": "ທອງໃບ"}]}]
    )
    first = clerk.imported(file)
    assert first["added"] + first["changed"] == 25
    wait_spread(six.running, "la")
    seqs = {audience: disk.chain(home, audience).seq for audience in MEMBERS if audience != "la"}
    again = clerk.imported(file)
    assert (again["added"], again["changed"], again["unchanged"], again["refused"]) == (0, 0, 25, 0)
    wait_spread(six.running, "la")
    assert {audience: disk.chain(home, audience).seq for audience in seqs} == seqs


def test_a_dry_run_says_what_would_be_and_changes_nothing(six: SixNodes, tmp_path: Path) -> None:
    clerk, home = Clerk(six, "vn"), six.running.node("vn").home
    records: list[Line] = [
        {"record_id": "VN-9", "names": [{"text": "Bùi Kim Oanh"}], "phones": ["+84901234567"]},
        invented("vn")[0].record,
        invented("vn")[1].record | {"sex": "female"},
    ]
    file = written(tmp_path / "vn.jsonl", records)
    acts, sizes = len(six.running.acts("vn")), disk.table_sizes(home)
    would = clerk.imported(file, "--dry-run")
    assert (would["added"], would["changed"], would["unchanged"], would["dry_run"]) == (1, 1, 1, True)
    assert disk.table_sizes(home) == sizes
    assert len(six.running.acts("vn")) == acts
    assert "LCG-106" in clerk("record", "show", "VN-9", code=6).stderr


def test_a_csv_file_comes_in_by_its_mapping(six: SixNodes, tmp_path: Path) -> None:
    clerk = Clerk(six, "kh")
    table = tmp_path / "wanted.csv"
    table.write_text(
        "Ref;Family;Given;Born;Sex;Mobile;Pass\n"
        'KH-C1;Heng;"Sreymom";03/11/1988;ស្រី;+85512777001;N0123456\n'
        "KH-C2;Keo;Vichet;;ប្រុស;+85512777002;\n",
        encoding="utf-8-sig",
    )
    mapping = tmp_path / "wanted.toml"
    mapping.write_text(
        'record_id = "Ref"\nbirth_date = "Born"\nbirth_date_format = "DD/MM/YYYY"\nsex = "Sex"\nphones = ["Mobile"]\n'
        '[[names]]\ncolumns = ["Family", "Given"]\nscript = "Latn"\n'
        '[[documents]]\ntype = "passport"\nissuer = "KH"\nnumber_column = "Pass"\n'
        '[fixed]\nnationality = "KH"\ncategory = "wanted"\n'
        '[values.sex]\n"ស្រី" = "female"\n"ប្រុស" = "male"\n',
        encoding="utf-8",
    )
    assert clerk.imported(table, "--mapping", mapping)["added"] == 2
    wait_spread(six.running, "kh")
    record = json.loads(clerk("record", "show", "KH-C1", "--json").stdout)
    assert (record["birth_date"], record["sex"], record["category"]) == ("1988-11-03", "female", "wanted")
    assert six.answer("mm", "kh", {"documents": ["passport:KH:N0123456"]}).outcome == "hit"
    assert six.answer("mm", "kh", {"phones": ["+85512777002"]}).outcome == "hit"


def test_bad_lines_are_reported_by_number_and_the_others_taken(six: SixNodes, tmp_path: Path) -> None:
    good = {"names": [{"text": "มาลี สายทอง"}], "phones": ["+66812220001"]}
    lines = [
        json.dumps({"record_id": "TH-B1", **good}, ensure_ascii=False).encode(),
        b"{not json",
        b"",
        json.dumps({"record_id": "TH-B4", **good, "shoe_size": 44}).encode(),
        json.dumps({"record_id": "TH-B5", **good, "birth_date": "1986-02-30"}).encode(),
        json.dumps({"record_id": "TH-B6"}).encode(),
        json.dumps({"record_id": "TH-B7", **good, "names": [{"text": "x" * 70_000}]}).encode(),
        b"[" * 50_000,
        json.dumps({"record_id": "TH-B9", **good}).encode(),
    ]
    file = tmp_path / "th.jsonl"
    file.write_bytes(b"\n".join(lines) + b"\n")
    summary = Clerk(six, "th").imported(file, code=5)
    assert (summary["added"], summary["refused"]) == (2, 6)
    refused = {refusal["line"]: refusal for refusal in summary["refusals"]}
    assert sorted(refused) == [2, 4, 5, 6, 7, 8]
    assert "shoe_size" in refused[4]["message"]
    assert "birth_date" in refused[5]["message"]
    assert refused[7]["code"] == "LCG-102"
    assert all(refusal["code"].startswith("LCG-") and refusal["remedy"] for refusal in refused.values())
    # Whatever a line holds, its content is not repeated where a log may keep it.
    assert not re.search("มาลี|66812220001|xxxx", json.dumps(summary, ensure_ascii=False))
    assert Clerk(six, "th").imported(file, code=5)["unchanged"] == 2


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("utf16.jsonl", '{"record_id": "X"}'.encode("utf-16"), "UTF-16"),
        ("tis620.jsonl", b'{"record_id": "X", "names": [{"text": "\xca\xc1\xaa\xd2\xc2"}]}\n', "not UTF-8"),
        ("array.jsonl", b'[{"record_id": "X"}]', "LCG"),
        ("blob.csv", b"record_id,name\n" + b"y" * (2 << 20), "longer than"),
        ("quotes.csv", b'record_id,name\nX,"never closed\n', "line"),
        ("absent.jsonl", None, "LCG-108"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole_and_without_harm(
    six: SixNodes, tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    home = six.running.node("cn").home
    sizes = disk.table_sizes(home)
    clerk = Clerk(six, "cn")
    refused = CliRunner().invoke(app, ["--home", str(home.path), "record", "import", str(file)])
    assert refused.exit_code in {2, 5}, refused.output
    assert says in refused.output
    assert "Traceback" not in refused.output
    assert disk.number(home, "SELECT count(*) FROM record_version") == sizes["record_version"]
    assert "CN-0001" in clerk("record", "show", "CN-0001").stdout


def test_peers_doctor_and_roster_answer(six: SixNodes) -> None:
    clerk = Clerk(six, "la")
    assert [node for node in MEMBERS if node.upper() in clerk("peers").stdout and node != "la"]
    report = json.loads(clerk("--as", "administrator", "doctor", "--json").stdout)
    assert {check["state"] for check in report["checks"]} <= {"ok", "warning"}
    assert "mekong" in clerk("roster", "show").stdout
    wait_for(lambda: "in sync" in clerk("doctor").stdout, "the doctor finds every index in sync", 10)
