"""`lancang exclusion`: not this person. A subject and a record are kept apart from then on, at both ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.connection import SHORT_SECONDS, channel_of
from node.cli.failures import usage
from node.cli.invocation import Invocation, examples, invocation, noun
from node.cli.screen import console, echo_json, iso, local, table
from node.model.exclusion import ExclusionGround

if TYPE_CHECKING:
    from node.v1.operator_exclusions_pb2 import Exclusion
    from node.v1.operator_exclusions_pb2_grpc import OperatorExclusionsServiceStub

app = noun("Not this person: keep a subject and a record apart, at the node that searched or at the record's owner.")

Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, in your words; it stays at this node.")]


@app.command(
    epilog=examples(
        'lancang --home DIR/cn exclusion add HIT_ID --reason "born elsewhere, fingerprints differ"',
        'lancang --home DIR/th exclusion add --record TH-0042 --request 3fa1 --reason "his papers were stolen" \\',
        "    --ground identity-misused",
        exits="0 kept apart, 6 no such hit, record or request",
    )
)
def add(
    context: typer.Context,
    reason: Reason,
    hit_id: Annotated[str | None, typer.Argument(metavar="[HIT_ID]", help="At the requester: the hit.")] = None,
    record: Annotated[str | None, typer.Option("--record", metavar="ID", help="At the owner: the record.")] = None,
    request: Annotated[
        str | None, typer.Option("--request", metavar="ID", help="At the owner: the request that is not about it.")
    ] = None,
    ground: Annotated[
        str, typer.Option("--ground", help="another-person, or identity-misused.")
    ] = ExclusionGround.ANOTHER.value,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say that a hit, or what a request is about, is not the person of the record. It holds in later epochs too."""
    from node.v1 import operator_exclusions_pb2 as messages

    if (hit_id is None) == (record is None or request is None):
        raise usage("name either a hit, or --record and --request")
    wanted = messages.AddExclusionRequest(
        hit_id=(hit_id or "").strip().lower(),
        record_id=record or "",
        request_id=request or "",
        ground=ground,
        reason=reason,
    )
    with _exclusions(invocation(context)) as node:
        made = node.AddExclusion(wanted, timeout=SHORT_SECONDS).exclusion
    if as_json:
        echo_json({"version": 1} | _json(made))
        return
    told = f"{made.peer.upper()} is told." if made.request else f"{made.peer.upper()} knows of no request: not told."
    typer.echo(f"Kept apart: exclusion {made.exclusion_id[:8]}. {told}")


@app.command(
    "list",
    epilog=examples("lancang --home DIR/cn exclusion list", "lancang --home DIR/th exclusion list --all --json"),
)
def list_(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Removed ones too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """Show exclusions, newest first: of which end, by whom, and why."""
    from node.v1 import operator_exclusions_pb2 as messages

    at = invocation(context)
    with _exclusions(at) as node:
        found = node.ListExclusions(messages.ListExclusionsRequest(every=every), timeout=SHORT_SECONDS).exclusions
    if as_json:
        echo_json({"version": 1, "exclusions": [_json(one) for one in found]})
        return
    if not found:
        typer.echo("Nobody is kept apart from a record here.")
        return
    rows = [
        (
            one.exclusion_id[:8],
            f"{one.side}, with {one.peer.upper()}",
            one.officer or one.peer.upper(),
            local(one.made_ms),
            f"{one.ground}: {one.reason}" if one.reason else one.ground,
            f"removed {local(one.removed_ms)}" if one.removed_ms else "stands",
        )
        for one in found
    ]
    table(console(at), ("Exclusion", "This end", "By", "Made", "Why", "State"), rows)


@app.command(
    epilog=examples(
        'lancang --home DIR/cn exclusion remove 3fa1 --reason "the fingerprints were mixed up"',
        exits="0 removed, 6 no such exclusion, 8 the other end made it",
    )
)
def remove(
    context: typer.Context,
    exclusion_id: Annotated[str, typer.Argument(metavar="ID", help="The exclusion's id, or how it begins.")],
    reason: Reason,
) -> None:
    """Take an exclusion back that was made here. The record is shown as a hit again; the other end is told."""
    from node.v1 import operator_exclusions_pb2 as messages

    with _exclusions(invocation(context)) as node:
        wanted = messages.RemoveExclusionRequest(exclusion_id=exclusion_id.strip().lower(), reason=reason)
        done = node.RemoveExclusion(wanted, timeout=SHORT_SECONDS).exclusion
    typer.echo(f"Removed: exclusion {done.exclusion_id[:8]}.")


@contextmanager
def _exclusions(at: Invocation) -> Iterator[OperatorExclusionsServiceStub]:
    from node.v1.operator_exclusions_pb2_grpc import OperatorExclusionsServiceStub

    with channel_of(at, "analyst") as channel:
        yield OperatorExclusionsServiceStub(channel)


def _json(one: Exclusion) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "exclusion_id": one.exclusion_id,
        "side": one.side,
        "peer": one.peer,
        "made_here": bool(one.officer),
        "officer": one.officer,
        "ground": one.ground,
        "reason": one.reason,
        "made": iso(one.made_ms),
        "request": one.request,
    }
    if one.removed_ms:
        shown["removed"] = iso(one.removed_ms)
    return shown
