"""How a refused line of a file is shown: where, which code, what is wrong and what to do. Never the line itself."""

from __future__ import annotations

import typer

from node.cli.lines import RefusedHere
from node.cli.screen import printable


def show_refusal(refused: RefusedHere) -> None:
    """One refused line on standard error."""
    typer.echo(
        printable(f"line {refused.line}: {refused.code} {refused.message}. {_sentence(refused.remedy)}"), err=True
    )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) or not text else f"{text}."
