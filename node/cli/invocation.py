"""What every command is told besides its own options: which home, as which officer, with or without colour."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from node.errors import Code, LancangError

if TYPE_CHECKING:
    from node.config import Home

DEFAULT_OFFICER = "analyst"

# Global options may stand anywhere on the line: people add `--as` to the command they have just typed.
_WITH_VALUE = ("--home", "--as")
_FLAGS = ("--no-color",)


@dataclass(frozen=True, slots=True)
class Invocation:
    """The global options of one invocation. home and named_officer: None when none was named."""

    home: Path | None
    named_officer: str | None
    color: bool

    @property
    def officer(self) -> str:
        """The officer who acts."""
        return self.named_officer or DEFAULT_OFFICER

    def the_home(self) -> Home:
        """The node's home. Raises CONFIG_INVALID when none was named or it holds no node."""
        from node.config import Home

        if self.home is None:
            raise LancangError(Code.CONFIG_INVALID, "no node named", remedy=_NAME_ONE)
        home = Home(self.home.absolute())
        # Not `is_file`: where this account may not look, that is what must be said.
        if not home.settings.exists():
            raise LancangError(Code.CONFIG_INVALID, f"{self.home} is not the home of a node", remedy=_NAME_ONE)
        return home


def invocation(context: typer.Context) -> Invocation:
    """The global options, from within a command."""
    found = context.find_root().obj
    if not isinstance(found, Invocation):
        raise TypeError("a command was called without its global options")
    return found


def colour_wanted(no_color: bool) -> bool:
    """Whether colour may be used at all (no-color.org); a stream that is no terminal gets none anyway."""
    return not no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def hoist(arguments: list[str]) -> list[str]:
    """Move global options in front of the command, up to a `--`."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument in _WITH_VALUE:
            front += [argument, *([value] if (value := next(waiting, None)) is not None else [])]
        elif argument in _FLAGS or argument.startswith(tuple(f"{name}=" for name in _WITH_VALUE)):
            front.append(argument)
        else:
            rest.append(argument)
    return front + rest


def examples(*lines: str, exits: str = "0 done") -> str:
    """The epilog of a command: examples that can be copied, and what its own exit codes mean."""
    shown = "\n".join(f"  {line}" for line in lines)
    return f"\b\nExamples:\n{shown}\n\nExit codes: {exits}; 2 wrong command or input; all: docs/operations.md."


def noun(text: str) -> typer.Typer:
    """A group of commands around one noun."""
    return typer.Typer(
        help=text, no_args_is_help=True, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]}
    )


_NAME_ONE = "Name it with --home DIR or LANCANG_HOME; `lancang node init` and `lancang network create` make homes."
