"""The commands as a shell sees them: help, global options, usage errors, completion, start-up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from node.cli.invocation import hoist
from node.cli.main import app

runner = CliRunner(env={"LANCANG_HOME": None, "LANCANG_OFFICER": None})
HEAVY = {"grpc", "numpy", "sqlalchemy", "icu", "pydantic", "cryptography", "rich", "nacl", "structlog", "matcher"}


def _leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    commands = getattr(command, "commands", None)
    if not commands:
        yield path
        return
    for name, inner in commands.items():
        yield from _leaves(inner, (*path, name))


COMMANDS = list(_leaves(get_command(app)))


def test_the_contract_names_are_there() -> None:
    promised = {
        ("network", "create"), ("network", "up"), ("network", "status"), ("network", "down"), ("network", "demo"),
        ("node", "init"), ("node", "run"), ("node", "status"), ("record", "import"), ("record", "show"),
        ("record", "withdraw"), ("search",), ("peers",), ("doctor",), ("roster", "show"), ("roster", "verify"),
    }  # fmt: skip
    assert promised <= set(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(path: tuple[str, ...]) -> None:
    shown = runner.invoke(app, [*path, "--help"])
    assert shown.exit_code == 0
    examples = shown.output.partition("Examples:")[2]
    assert "lancang" in examples
    assert path[-1] in examples
    assert "Exit codes: 0" in examples


def test_global_options_may_stand_anywhere() -> None:
    assert hoist(["search", "--as", "auditor", "--name", "A", "--home=x"]) == [
        "--as", "auditor", "--home=x", "search", "--name", "A",
    ]  # fmt: skip
    assert hoist(["peers", "--no-color"]) == ["--no-color", "peers"]
    assert hoist(["record", "show", "--", "--as"]) == ["record", "show", "--", "--as"]
    assert hoist(["search", "--as"]) == ["--as", "search"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["search", "--name", "A", "--case", "K"], "--purpose"),
        (["search", "--name", "A", "--purpose", "telecom-fraud"], "--case"),
        (["search", "-", "--name", "A", "--purpose", "p", "--case", "c"], "one way only"),
        (["search", "somebody"], "by options or by `-`"),
        (["search", "--file", "q.jsonl", "--purpose", "p", "--case", "c"], "--out"),
        (["search", "--file", "q.jsonl", "--out", "r.jsonl", "--purpose", "p"], "--case"),
        (["record", "show"], "RECORD_ID"),
        (["record", "show", "--tag", "00112233445566"], "--audience"),
        (["record", "show", "--tag", "zz", "--audience", "CN"], "--tag"),
        (["record", "withdraw", "TH-1"], "--yes"),
        (["roster", "draft"], "--alliance"),
        (["network", "create", "somewhere", "--members", ","], "--members"),
        (["network", "create", "somewhere", "--members", "CN,../TH"], "--members"),
        (["network", "create", "somewhere", "--budget", "99999999999999999999"], "--budget"),
        (["record", "show", "--tag", "00112233445566", "--audience", "CN", "--epoch", "-1"], "--epoch"),
        (["acts", "--after", "99999999999999999999"], "--after"),
        (["roster", "draft", "--alliance", "mekong"], "--member"),
        (["roster", "draft", "--alliance", "mekong", "--quorum", "0"], "--quorum"),
        (["nothing"], "No such command"),
        (["peers", "--colour"], "No such option"),
    ],
)
def test_a_command_typed_wrongly_is_a_usage_error_that_names_the_mistake(arguments: list[str], named: str) -> None:
    shown = runner.invoke(app, arguments)
    assert shown.exit_code == 2
    assert named in shown.stderr
    assert shown.stdout == ""


@pytest.mark.parametrize("arguments", [["peers"], ["doctor"], ["node", "run"], ["record", "show", "X"], ["acts"]])
def test_without_a_home_a_command_says_how_to_name_one(arguments: list[str], tmp_path: Path) -> None:
    for home in ([], ["--home", str(tmp_path)]):
        shown = runner.invoke(app, [*home, *arguments])
        assert shown.exit_code == 2
        assert "--home" in shown.stderr


def test_the_version_is_shown() -> None:
    assert runner.invoke(app, ["--version"]).stdout.startswith("lancang 0.")


def test_completion_offers_the_commands() -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "node.cli"],
        env={
            **os.environ,
            "_LANCANG_COMPLETE": "complete_bash",
            "COMP_WORDS": "lancang network d",
            "COMP_CWORD": "2",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert set(asked.stdout.split()) == {"down", "demo"}


def test_help_loads_nothing_heavy_and_is_quick() -> None:
    script = (
        "import sys\nfrom node.cli.main import main\nsys.argv = ['lancang', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('loaded:', *sorted({HEAVY!r} & sys.modules.keys()))"
    )
    seconds = []
    for _ in range(3):
        before = os.times()
        shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        after = os.times()
        # What it computed, not how long it waited for a machine that is busy with other tests.
        seconds.append(after.children_user + after.children_system - before.children_user - before.children_system)
        assert shown.stdout.splitlines()[-1].strip() == "loaded:"
    assert min(seconds) < 0.6
