"""The one question before what can't be undone: a yes goes on, anything else changes nothing and says so."""

from __future__ import annotations

import sys

import typer

from node.cli.failures import usage

DECLINED_EXIT = 24


def confirmed(question: str, *, yes: bool) -> None:
    """Return if it was answered with yes, here or by --yes. Otherwise leave with DECLINED_EXIT.

    Raises INPUT_INVALID where nobody can be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise usage("this asks for a yes, and nobody is at the terminal: add --yes")
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:
        # Ctrl-C, or the end of the input, in place of an answer.
        typer.echo(err=True)
        agreed = False
    if not agreed:
        typer.echo("Not confirmed: nothing was changed.", err=True)
        raise typer.Exit(DECLINED_EXIT)
