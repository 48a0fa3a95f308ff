"""An inspection over real nodes: drawn at the owner, opened at the requester, checked without either."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from node.storage.keystore import open_keystore
from tests.support import disk
from tests.support.ceremony import typed
from tests.support.federation import RunningFederation, roomy_policy, running_federation
from tests.support.inspection_scene import edited

PEOPLE: list[dict[str, Any]] = [
    {"names": [{"text": "Somchai Jaidee"}], "birth_date": "1980-05-17", "sex": "male"},
    {"names": [{"text": "王海燕", "script": "Hani"}, {"text": "Hoi Yin Wong"}], "birth_date": "2533-02-03"},
    {"phones": ["+66812345678"]},
]
OFFICER = ("--as", "auditor")


@dataclass(frozen=True, slots=True)
class Inspected:
    """Two nodes after some searches, and the files of an inspection as people carry them about."""

    nodes: RunningFederation
    files: Path
    clock: Path

    def run(self, *arguments: str, home: str | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Type a command."""
        done = self.nodes.command(*arguments, home=home)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def draw(self, name: str, *more: str, asker: str = "cn", asked: str = "th") -> Path:
        """Draw one's asks at the other, up to the present of the nodes' clocks."""
        now = datetime.now(UTC) + timedelta(milliseconds=int(self.clock.read_text()))
        start, until = (now - timedelta(hours=1)).isoformat(), now.isoformat()
        file = self.files / f"{name}.draw.json"
        period = ("--peer", asker.upper(), "--from", start, "--until", until, "--out", str(file))
        self.run(*OFFICER, "inspect", "draw", *period, *more, home=asked)
        return file

    def opened(self, draw: Path, *more: str, asker: str = "cn") -> Path:
        """Open a draw at the one who asked."""
        file = draw.with_suffix(".opening.json")
        self.run(*OFFICER, "inspect", "open", str(draw), "--out", str(file), "--yes", *more, home=asker)
        return file

    def checked(self, *files: Path | str, code: int = 0) -> dict[str, Any]:
        """Check, away from both nodes."""
        done = self.run("inspect", "check", *map(str, files), "--roster", str(self.roster), "--json", code=code)
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    @property
    def roster(self) -> Path:
        """The roster as any member has it."""
        return self.nodes.node("th").home.roster


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inspected]:
    directory = tmp_path_factory.mktemp("inspection")
    clock = directory / "clock"
    clock.write_text("0")
    environment = {"LANCANG_TEST_CLOCK": str(clock)}
    with running_federation(directory / "federation", ("cn", "th"), environment=environment) as running:
        for place, person in enumerate(PEOPLE):
            running.search("cn", person, case=f"C-{place}")
        # A quarter of an hour later: what came at the very end of a period may belong to the next one.
        clock.write_text(str(15 * 60_000))
        yield Inspected(running, tmp_path_factory.mktemp("carried"), clock)


def test_every_ask_drawn_and_opened_is_found_to_be_about_one_person(inspected: Inspected) -> None:
    draw = inspected.draw("all", "--all")
    report = inspected.checked(draw, inspected.opened(draw))
    assert report["result"] == "clean"
    assert len(report["asks"]) == len(PEOPLE)
    for ask in report["asks"]:
        assert ask["verdict"].startswith("tokens of one person")
        assert ask["tokens"] + ask["padding"] == 64
        assert ask["tokens"] > 0
    # The checker as a program of its own says the same.
    alone = subprocess.run(
        [sys.executable, "-m", "node.inspection", "--roster", inspected.roster, draw,
         draw.with_suffix(".opening.json")],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "3 of 3 asks: tokens of one person. Nothing was found." in alone.stdout
    assert "Somchai" not in alone.stdout


def test_a_seed_draws_the_same_asks_for_everybody_and_an_opening_may_be_sealed(inspected: Inspected) -> None:
    first = inspected.draw("some", "--count", "2", "--seed", "beacon 1")
    key = inspected.files / "inspector.key"
    public = inspected.run("inspect", "key", str(key)).stdout.split()[2]
    opening = inspected.opened(first, "--to", public)
    assert b"birth_date" not in opening.read_bytes()
    refused = inspected.run("inspect", "check", str(first), str(opening), "--roster", str(inspected.roster), code=2)
    assert "sealed" in refused.stderr
    report = inspected.checked(first, opening, "--key", str(key))
    assert report["result"] == "clean"
    assert [draw["drawn"] for draw in report["draws"]] == [2]


def test_what_a_requester_refuses_or_does_not_deliver_is_a_finding(inspected: Inspected) -> None:
    draw = inspected.draw("refused", "--all")
    undelivered = inspected.checked(draw, code=22)
    assert {found["finding"] for ask in undelivered["asks"] for found in ask["findings"]} == {"opening-missing"}
    report = inspected.checked(draw, inspected.opened(draw, "--refuse"), code=22)
    assert {found["finding"] for ask in report["asks"] for found in ask["findings"]} == {"opening-refused"}


def test_what_the_requester_has_not_kept_is_said_with_its_reason(inspected: Inspected) -> None:
    inspected.nodes.search("th", PEOPLE[0], case="lost")
    with closing(sqlite3.connect(inspected.nodes.node("th").home.database)) as database, database:
        database.execute("DELETE FROM search")
    draw = inspected.draw("lost", "--all", asker="th", asked="cn")
    (ask,) = inspected.checked(draw, inspected.opened(draw, asker="th"), code=22)["asks"]
    assert [(found["finding"], found["detail"]) for found in ask["findings"]] == [("opening-missing", "expired")]


def test_a_draw_changed_on_its_way_is_neither_opened_nor_believed(inspected: Inspected) -> None:
    draw = inspected.draw("changed", "--all")
    opening = inspected.opened(draw)
    said = json.loads(draw.read_bytes())
    said["draw"]["asks"][0]["purpose"] = "fugitive"
    altered = draw.with_name("altered.draw.json")
    altered.write_text(json.dumps(said))
    refused = inspected.nodes.command(
        *OFFICER, "inspect", "open", str(altered), "--out", str(inspected.files / "no.json"), "--yes", home="cn"
    )
    assert refused.returncode == 12
    assert "LCG-405" in refused.stderr
    report = inspected.checked(altered, opening, code=22)
    assert {found["finding"] for found in report["overall"]} >= {"draw-signature-wrong", "opening-of-another-draw"}


def test_an_answered_ask_that_the_owner_leaves_out_is_named_by_the_requester(inspected: Inspected) -> None:
    def shortened(draw: dict[str, Any]) -> None:
        gone = draw["asks"].pop()["ask_id"]
        draw["population"].remove(gone)

    th = inspected.nodes.node("th")
    key = open_keystore(th.home.keystore, "th", th.secret_file.read_bytes().strip()).signing
    whole = inspected.draw("whole", "--all")
    short = whole.with_name("short.draw.json")
    short.write_bytes(edited(whole.read_bytes(), shortened, key))
    report = inspected.checked(short, inspected.opened(short), code=23)
    (found,) = report["overall"]
    assert found["finding"] == "ask-left-out-by-the-owner"
    assert found["asks"] == [json.loads(whole.read_bytes())["draw"]["asks"][-1]["ask_id"]]
    assert all(ask["verdict"].startswith("tokens of one person") for ask in report["asks"])


def test_both_ends_log_the_inspection_and_only_auditors_may(inspected: Inspected) -> None:
    draw = inspected.draw("logged", "--all")
    inspected.opened(draw)
    for node, kind in (("th", "asks-drawn"), ("cn", "asks-opened")):
        acts = [act for act in inspected.nodes.acts(node) if act.kind == kind]
        assert acts
        assert {act.actor for act in acts} == {"auditor"}
        assert "Somchai" not in "".join(act.detail for act in acts)
    refused = inspected.nodes.command(
        "--as", "analyst", "inspect", "open", str(draw), "--out", str(inspected.files / "no.json"), "--yes", home="cn"
    )
    assert refused.returncode == 8


def test_what_opens_an_ask_outlives_the_grace_of_its_epoch(inspected: Inspected) -> None:
    kept = disk.number(inspected.nodes.node("cn").home, "SELECT min(expires_ms - ms) FROM search")
    policy = roomy_policy()
    seconds = policy.epoch_seconds + policy.grace_seconds + policy.inspection_seconds
    assert kept > (seconds - 3_600) * 1000


def test_persons_are_shown_to_whom_the_roster_names_or_to_the_requesters_own_people_alone(tmp_path: Path) -> None:
    sent, other = tmp_path / "sent.key", tmp_path / "other.key"
    named, stranger = (typed("inspect", "key", file).split()[2] for file in (sent, other))
    policy = replace(roomy_policy(), inspectors=(f"unodc:{named}",))
    with running_federation(tmp_path / "federation", ("cn", "th"), policy) as nodes:
        began = datetime.now(UTC)
        nodes.search("cn", PEOPLE[0], case="C-1")
        th, cn = (nodes.node(name).home.path for name in ("th", "cn"))
        assert named in typed("roster", "show", home=th)
        period = ("--peer", "CN", "--from", began.isoformat(), "--until", datetime.now(UTC).isoformat(), "--all")
        draw, for_one = tmp_path / "cn.draw.json", tmp_path / "sent.draw.json"
        typed("inspect", "draw", *period, "--out", draw, home=th)
        unknown = ("--inspector", "interpol", "--out", tmp_path / "none")
        assert "names none" in typed("inspect", "draw", *period, *unknown, home=th, code=2)
        typed("inspect", "draw", *period, "--inspector", "unodc", "--out", for_one, home=th)

        def opened(file: Path, to: str, *more: str, code: int = 0) -> Path:
            out = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
            typed(
                "inspect", "open", file, "--out", out, "--yes", *(("--to", to) if to else ()), *more, home=cn, code=code
            )
            return out

        # A stranger sees nobody: not by his own key, not by a file that is not sealed.
        for to in (stranger, ""):
            assert not opened(draw, to, code=2).exists()
            assert not opened(for_one, stranger, code=2).exists()
        assert not opened(for_one, "", "--own", code=2).exists()
        # Who was sent does, and the draw alone says to whom; so does the member's own.
        roster = ("--roster", nodes.node("th").home.roster)
        for file, key, to, more in (
            (draw, sent, named, ()),
            (for_one, sent, "", ()),
            (draw, other, stranger, ("--own",)),
        ):
            assert "Nothing was found" in typed(
                "inspect", "check", file, opened(file, to, *more), *roster, "--key", key
            )
        details = [json.loads(act.detail) for act in nodes.acts("cn") if act.kind == "asks-opened"]
        assert [(each["inspector"], each["own"]) for each in details] == [
            (named, False), (named, False), (stranger, True)]  # fmt: skip
