"""What `lancang inspect` refuses before it asks any node, and that it never overwrites and never opens unasked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from node.cli.main import app
from node.inspection.keys import public_key
from tests.support.inspection_scene import ROSTER, Paper, person

PERIOD = ("--peer", "CN", "--from", "2026-11-01", "--until", "2026-11-02")


def typed(*arguments: str, code: int) -> str:
    """What a command says, which ends with this code."""
    done = CliRunner(env={"LANCANG_HOME": None}).invoke(app, list(arguments))
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("draw", *PERIOD, "--out", "x"), "--seed"),
        (("draw", *PERIOD, "--out", "x", "--seed", "s", "--from", "yesterday"), "--from: not a time"),
        (("draw", *PERIOD, "--out", "x", "--seed", "s", "--count", "0"), "--count"),
        (("draw", *PERIOD, "--out", "x", "--seed", "s"), "no node named"),
        (("check", "x"), "--roster"),
    ],
)
def test_what_is_missing_or_wrong_is_said(arguments: tuple[str, ...], says: str) -> None:
    assert says in typed("inspect", *arguments, code=2)


def test_an_opening_needs_a_yes_and_a_whole_key(tmp_path: Path) -> None:
    draw = tmp_path / "draw.json"
    draw.write_bytes(b"{}")
    assert "add --yes" in typed("inspect", "open", str(draw), "--out", "x", code=2)
    assert "64 hex digits" in typed("inspect", "open", str(draw), "--out", "x", "--to", "abcd", "--yes", code=2)
    assert "64 hex digits" in typed("inspect", "open", str(draw), "--out", "x", "--to", "Somchai", "--yes", code=2)


def test_a_key_is_for_its_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "inspector.key"
    (shown,) = re.findall("[0-9a-f]{64}", typed("inspect", "key", str(file), code=0))
    assert file.stat().st_mode & 0o077 == 0
    assert public_key(file.read_bytes()).hex() == shown
    before = file.read_bytes()
    assert "nothing is overwritten" in typed("inspect", "key", str(file), code=2)
    assert file.read_bytes() == before


def test_a_check_needs_no_node_and_its_exit_code_is_its_verdict(tmp_path: Path) -> None:
    paper = Paper()
    paper.honest(person())
    roster, draw, opening = tmp_path / "roster.json", tmp_path / "draw.json", tmp_path / "opening.json"
    roster.write_bytes(ROSTER)
    draw.write_bytes(paper.draw())
    opening.write_bytes(paper.opening(paper.draw()))
    files = ("--roster", str(roster), str(draw))
    assert "Nothing was found" in typed("inspect", "check", *files, str(opening), code=0)
    assert "opening-missing" in typed("inspect", "check", *files, code=22)
    assert "LCG-101" in typed("inspect", "check", *files, str(roster), code=2)
    paper.honest(person(), b"another case")
    draw.write_bytes(paper.draw())
    opening.write_bytes(paper.opening(paper.draw()))
    assert "To be explained" in typed("inspect", "check", *files, str(opening), code=23)
