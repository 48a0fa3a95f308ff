"""`lancang acts`: the log of what this node did and was asked, for its auditor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.connection import SHORT_SECONDS, operator
from node.cli.failures import usage
from node.cli.invocation import examples, invocation
from node.cli.screen import console, echo_json, iso, local, table

if TYPE_CHECKING:
    from node.v1 import operator_pb2
    from node.v1.operator_pb2_grpc import OperatorServiceStub

_PAGE = 500


def acts(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many, the newest.")] = 50,
    after: Annotated[
        int | None, typer.Option("--after", metavar="N", min=0, help="Oldest first from this number on.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """Show the log of acts, as the auditor: who asked whom, when and why. It holds no names of persons."""
    if after is not None and after >= 2**63:
        raise usage("--after: no act has so high a number")
    at = invocation(context)
    with operator(at, usual="auditor") as node:
        found = newest(node, limit) if after is None else list(_from(node, after, limit))
    if as_json:
        echo_json({"version": 1, "acts": [act_json(act) for act in found]})
        return
    rows = [
        (str(act.number), local(act.ms), act.kind, shortened(act.actor), act.peer, in_words(act.detail))
        for act in found
    ]
    table(console(at), ("No", "When", "Act", "By", "Peer", "Detail"), rows)


def newest(node: OperatorServiceStub, limit: int) -> list[operator_pb2.Act]:
    """The newest acts, oldest of them first."""
    kept: list[operator_pb2.Act] = []
    for act in _from(node, 0, None):
        kept.append(act)
        if len(kept) > limit:
            del kept[0]
    return kept


def _from(node: OperatorServiceStub, after: int, limit: int | None) -> Iterator[operator_pb2.Act]:
    from node.v1 import operator_pb2

    while limit is None or limit > 0:
        size = _PAGE if limit is None else min(limit, _PAGE)
        page = node.ListActs(operator_pb2.ListActsRequest(after=after, limit=size), timeout=SHORT_SECONDS).acts
        yield from page
        if len(page) < size:
            return
        after = page[-1].number
        limit = None if limit is None else limit - len(page)


def act_json(act: operator_pb2.Act) -> dict[str, Any]:
    """One act as JSON."""
    shown = {"number": act.number, "act_id": act.act_id.hex(), "at": iso(act.ms), "kind": act.kind, "actor": act.actor}
    if act.peer:
        shown["peer"] = act.peer
    return shown | {"detail": _parsed(act.detail)}


def in_words(detail: str) -> str:
    """An act's detail as `key value` pairs; what is empty is left out."""
    found = _parsed(detail)
    if not isinstance(found, dict):
        return str(found)
    return ", ".join(
        f"{key.replace('_', ' ')} {shortened(str(value))}" for key, value in found.items() if value not in (None, "")
    )


def shortened(text: str) -> str:
    """A hash or handle by its beginning; --json has it whole."""
    return f"{text[:10]}…" if re.fullmatch(r"[0-9a-f]{16,}", text) else text


def _parsed(detail: str) -> Any:
    try:
        return json.loads(detail) if detail else {}
    except ValueError:
        return detail


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "acts",
        epilog=examples("lancang --home DIR/th --as auditor acts", "lancang --home DIR/th --as auditor acts --json"),
    )(acts)
