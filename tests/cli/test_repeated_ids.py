"""A record id that a file repeats: refused by line, naming both, also where a kill lay between the two."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.cli.import_file import examine, send
from node.cli.lines import read_json_lines
from node.errors import LancangError
from tests.support import disk
from tests.support.federation import RunningFederation, running_federation

# Enough that a kill after the first staged lines comes long before the last.
LINES = 900


@pytest.fixture(scope="module")
def th(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFederation]:
    """One node."""
    with running_federation(tmp_path_factory.mktemp("repeated") / "f", ("th",)) as running:
        yield running


def _line(record_id: str, name: str) -> str:
    return json.dumps({"record_id": record_id, "names": [{"text": name}], "birth_date": "1986-12-09"})


def _imported(th: RunningFederation, file: Path, *further: str) -> tuple[int, dict[str, Any], str]:
    done = th.command("record", "import", str(file), "--json", *further, home="th")
    return done.returncode, json.loads(done.stdout), done.stderr


def _shown(th: RunningFederation, record_id: str) -> str:
    shown: dict[str, Any] = json.loads(th.command("record", "show", record_id, "--json", home="th").stdout)
    return str(shown["names"][0]["text"])


def test_a_repeated_id_is_refused_by_line_naming_both(th: RunningFederation, tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    file.write_text(
        "\n".join([_line("R-1", "Malee"), _line("R-2", "Somsak"), "", _line("R-1", "Mana"), _line("R-1", "Manee")])
    )
    for further in (["--dry-run"], []):
        code, told, errors = _imported(th, file, *further)
        assert (code, told["added"], told["refused"]) == (5, 2, 2)
        assert [refusal["line"] for refusal in told["refusals"]] == [4, 5]
        assert all("line 1 of this file" in refusal["message"] for refusal in told["refusals"])
        assert "line 4: LCG-101 record_id: line 1 of this file has the same one" in errors
    assert _shown(th, "R-1") == "Malee"


def test_ids_before_an_interruption_are_known_after_it(th: RunningFederation, tmp_path: Path) -> None:
    before = tmp_path / "before.jsonl"
    before.write_text(_line("K-0001", "Malee Srisuk"))
    assert _imported(th, before)[0] == 0
    lines = [_line(f"K-{number:04}", "Malee Srisuk") for number in range(1, LINES + 1)]
    # Line 1 stands so already and is never staged; line 2 is staged; both are repeated with something else at the end.
    lines += [_line("K-0001", "Somsak Dee"), _line("K-0002", "Somsak Dee")]
    file = tmp_path / "people.jsonl"
    file.write_text("\n".join(lines) + "\n")
    _killed_on_the_way(th, file)
    [(state, staged)] = disk.rows(
        th.node("th").home, "SELECT state, lines_done FROM record_import ORDER BY import_no DESC LIMIT 1"
    )
    assert (state, 0 < staged < LINES) == ("staging", True)
    th.start("th")
    th.wait_serving("th")
    code, told, errors = _imported(th, file)
    assert f"Going on after line {staged}," in errors
    assert (code, told["lines"], told["added"], told["unchanged"], told["refused"]) == (5, LINES + 2, LINES - 1, 1, 2)
    refused = {refusal["line"]: refusal["message"] for refusal in told["refusals"]}
    assert sorted(refused) == [LINES + 1, LINES + 2]
    assert "line 1 of this file" in refused[LINES + 1]
    assert "line 2 of this file" in refused[LINES + 2]
    assert (_shown(th, "K-0001"), _shown(th, "K-0002")) == ("Malee Srisuk", "Malee Srisuk")
    code, told, _ = _imported(th, file)
    assert (code, told["unchanged"], told["refused"]) == (5, LINES, 2)


def _killed_on_the_way(th: RunningFederation, file: Path) -> None:
    def reach(done: int) -> None:
        if done:
            th.kill("th")

    survey = examine(read_json_lines(file))
    with pytest.raises(LancangError), th.officer("th") as stub:
        send(stub, lambda: read_json_lines(file), survey, False, reach, lambda _refused: None, lambda _after: None)


def test_a_file_that_changes_while_it_is_read_is_not_taken(th: RunningFederation, tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    file.write_text("\n".join([_line("C-1", "Malee"), _line("C-2", "Somsak")]))
    survey = examine(read_json_lines(file))
    file.write_text("\n".join([_line("C-1", "Malee"), _line("C-2", "Mana"), _line("C-3", "Manee")]))
    with pytest.raises(LancangError, match="changed while it was read"), th.officer("th") as stub:
        send(stub, lambda: read_json_lines(file), survey, False, *[lambda _told: None] * 3)
    assert th.command("record", "show", "C-1", home="th").returncode == 6
    staging = "SELECT count(*) FROM record_import WHERE state = 'staging'"
    assert disk.number(th.node("th").home, staging) == 0
    assert _imported(th, file)[1]["added"] == 3


def test_an_id_may_be_written_in_any_script(th: RunningFederation, tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    file.write_text(_line("คดี-๑๒", "Malee"), encoding="utf-8")
    assert _imported(th, file)[0] == 0
    assert _shown(th, "คดี-๑๒") == "Malee"
    assert th.command("record", "withdraw", "คดี-๑๒", "--yes", home="th").returncode == 0
