"""A question before what can't be undone: at a terminal, a no changes nothing and says so, under its own exit code."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from node.cli.confirm import DECLINED_EXIT

COMMANDS = Path(__file__).parents[2] / "node" / "cli"


def answered(answer: bytes, *arguments: str) -> tuple[int, str]:
    """Type a command at a terminal, and this answer at its question: exit code, and all that the terminal shows."""
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LANCANG_")}
    with subprocess.Popen(
        [sys.executable, "-m", "node.cli", *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        os.write(ours, answer)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 4_096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        code = process.wait(30)
    os.close(ours)
    return code, shown.decode()


@pytest.mark.parametrize("answer", [b"n\n", b"\n", b"\x04"], ids=["no", "nothing", "end of input"])
def test_a_no_changes_nothing_and_says_so(answer: bytes, tmp_path: Path) -> None:
    draw = tmp_path / "draw.json"
    draw.write_text("{}")
    for command in (
        ("record", "withdraw", "TH-1"),
        ("inspect", "open", str(draw), "--out", str(tmp_path / "out")),
    ):
        code, shown = answered(answer, "--home", str(tmp_path), *command)
        assert code == DECLINED_EXIT, shown
        assert "Not confirmed: nothing was changed." in shown
        assert "Interrupted" not in shown


def test_a_yes_goes_on(tmp_path: Path) -> None:
    """Here to the next thing that is wrong: the home is none."""
    code, shown = answered(b"y\n", "--home", str(tmp_path), "record", "withdraw", "TH-1")
    assert code == 2
    assert "is not the home of a node" in shown


def test_where_nobody_can_answer_the_command_asks_for_the_option() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "node.cli", "record", "withdraw", "TH-1"],
        input="y\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--yes" in done.stderr


def test_every_question_of_the_command_line_is_asked_in_the_one_way() -> None:
    asking = {path.name for path in COMMANDS.glob("*.py") if "typer.confirm(" in path.read_text(encoding="utf-8")}
    assert asking == {"confirm.py"}
