"""Every command that a page shows exists: its nouns, its options, and a value where an option takes one."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from node.cli.invocation import hoist
from node.cli.main import app
from tests.unit.docs.pages import PROGRAM, Command, commands, pages

SHOWN = [command for page in pages() for command in commands(page)]


def misfit(arguments: tuple[str, ...]) -> str | None:
    """Why the real command line would not take these arguments; None if it would."""
    at: Any = typer.main.get_command(app)
    waiting = hoist(list(arguments))
    given: list[str] = []
    while waiting:
        word = waiting.pop(0)
        if word.startswith("--") or (word.startswith("-") and len(word) == 2):
            name, equals, _ = word.partition("=")
            found = next((one for one in at.params if name in (*one.opts, *one.secondary_opts)), None)
            if found is None:
                if name in {"--help", "-h"}:
                    continue
                return f"{at.name or PROGRAM} has no option {name}"
            if not found.is_flag and not equals:
                if not waiting:
                    return f"{name} needs a value"
                waiting.pop(0)
        elif hasattr(at, "commands"):
            if word not in at.commands:
                return f"{at.name or PROGRAM} has no command {word}"
            at = at.commands[word]
        else:
            given.append(word)
    places = [one for one in getattr(at, "params", ()) if one.param_type_name == "argument"]
    if len(given) > len(places) and not any(one.nargs == -1 for one in places):
        return f"{at.name} takes no argument {given[len(places)]!r}"
    return None


def test_pages_show_commands_of_every_noun() -> None:
    nouns = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]  # the root command is a group
    assert nouns <= {word for command in SHOWN for word in command.arguments}


@pytest.mark.parametrize("command", SHOWN, ids=lambda command: f"{command.page}: {command.text[:60]}")
def test_a_command_that_a_page_shows_exists(command: Command) -> None:
    assert misfit(command.arguments) is None, command.text


@pytest.mark.parametrize(
    "wrong",
    [("serch",), ("search", "--nam", "x"), ("record", "import", "a", "b"), ("search", "--name"), ("node", "start")],
)
def test_a_command_that_does_not_exist_is_found_out(wrong: tuple[str, ...]) -> None:
    assert misfit(wrong)
