"""`lancang peer`: one other member: suspend it here, and take it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.connection import SHORT_SECONDS, channel_of
from node.cli.invocation import examples, invocation, noun

if TYPE_CHECKING:
    from node.v1.operator_membership_pb2_grpc import OperatorMembershipServiceStub

app = noun("One other member, as this node deals with it.")

Peer = Annotated[str, typer.Argument(metavar="CN", help="Its node id.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in one line. It stands in the log: name no person.")]

_ADMINISTRATOR = "\n\nActs as administrator, at the running node."


@app.command(epilog=examples('lancang --home DIR/th peer suspend CN --reason "its key was stolen"') + _ADMINISTRATOR)
def suspend(context: typer.Context, node_id: Peer, reason: Reason) -> None:
    """Cut one member off at once, both ways: its streams end, its asks are refused, it is asked no more."""
    from node.v1 import operator_membership_pb2 as membership_pb2

    with _service(context) as node:
        request = membership_pb2.SuspendPeerRequest(node_id=node_id.lower(), reason=reason)
        done = node.SuspendPeer(request, timeout=SHORT_SECONDS)
    if not done.changed:
        typer.echo(f"{node_id.upper()} was suspended here already; the first reason stands.")
        return
    typer.echo(
        f"{node_id.upper()} is suspended here. It is told so, not why. Other members still deal with it: call them."
    )


@app.command(epilog=examples('lancang --home DIR/th peer resume CN --reason "it has a new key"') + _ADMINISTRATOR)
def resume(context: typer.Context, node_id: Peer, reason: Reason) -> None:
    """Take a suspended member back: streams go on where they were."""
    from node.v1 import operator_membership_pb2 as membership_pb2

    with _service(context) as node:
        request = membership_pb2.ResumePeerRequest(node_id=node_id.lower(), reason=reason)
        done = node.ResumePeer(request, timeout=SHORT_SECONDS)
    typer.echo(f"{node_id.upper()} {'is taken back' if done.changed else 'was not suspended here'}.")


@contextmanager
def _service(context: typer.Context) -> Iterator[OperatorMembershipServiceStub]:
    from node.v1.operator_membership_pb2_grpc import OperatorMembershipServiceStub

    at = invocation(context)
    with channel_of(at, "administrator") as channel:
        yield OperatorMembershipServiceStub(channel)
