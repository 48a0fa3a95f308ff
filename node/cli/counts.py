"""`lancang counts`: what an observer sees: how often members ask each other, month by month and by purpose."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.connection import channel_of
from node.cli.invocation import examples, invocation
from node.cli.screen import console, echo_json, table

if TYPE_CHECKING:
    from node.v1.counts_pb2 import CountCell
    from node.v1.operator_counts_pb2 import CollectCountsResponse

_SECONDS = 60.0
_COLUMNS = ("asks", "requests", "given", "refused")


def add_to(root: typer.Typer) -> None:
    """Add the command."""
    root.command(
        "counts",
        epilog=examples(
            "lancang --home DIR/interpol counts 2026-10",
            "lancang --home DIR/unodc counts 2026-10 --json",
            exits="0 every member has told, 4 not every one",
        ),
    )(counts)


def counts(
    context: typer.Context,
    month: Annotated[str, typer.Argument(metavar="MONTH", help="A month that is over, such as 2026-10 (UTC).")],
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """Show what every member was asked: numbers under five, and those that would give them away, are hidden."""
    from node.v1 import operator_counts_pb2 as messages
    from node.v1.operator_counts_pb2_grpc import OperatorCountsServiceStub

    at = invocation(context)
    with channel_of(at, "analyst") as channel:
        wanted = messages.CollectCountsRequest(month=month)
        found = OperatorCountsServiceStub(channel).CollectCounts(wanted, timeout=_SECONDS)
    if as_json:
        echo_json(_json(month, found))
    else:
        to = console(at)
        for owner in found.owners:
            if not owner.cells:
                typer.echo(f"{owner.owner.upper()}, {month}: nobody asked anything.")
                continue
            table(to, ("Requester", "Purpose", *_COLUMNS), _rows(owner.cells), title=f"{owner.owner.upper()}, {month}")
        typer.echo("Hidden: under five, or a number that would give such a one away.")
        for one in found.missing:
            typer.echo(f"{one.node.upper()} has not told: {one.code} {one.reason}")
    if found.missing:
        raise typer.Exit(4)


def _rows(cells: Any) -> list[tuple[str, ...]]:
    """A line for each requester and purpose, then the totals."""
    lines: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for cell in cells:
        lines[cell.requester, cell.purpose][cell.counted] = "hidden" if cell.hidden else str(cell.number)
    ordered = sorted(lines, key=lambda place: (not (place[0] and place[1]), not (place[0] or place[1]), place))
    return [
        (
            requester.upper() or "all",
            purpose or "all",
            *(lines[requester, purpose].get(column, "0") for column in _COLUMNS),
        )
        for requester, purpose in ordered
    ]


def _json(month: str, found: CollectCountsResponse) -> dict[str, Any]:
    return {
        "version": 1,
        "month": month,
        "owners": [{"owner": owner.owner, "cells": list(map(_cell, owner.cells))} for owner in found.owners],
        "missing": [{"node": one.node, "code": one.code, "reason": one.reason} for one in found.missing],
    }


def _cell(cell: CountCell) -> dict[str, Any]:
    return {
        "counted": cell.counted,
        "requester": cell.requester,
        "purpose": cell.purpose,
        "number": None if cell.hidden else cell.number,
    }
