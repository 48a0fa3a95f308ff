"""`lancang epoch`: the lifetimes of this node's key: which serve, and the rotation to the next one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.confirm import confirmed
from node.cli.connection import SHORT_SECONDS, channel_of
from node.cli.failures import usage
from node.cli.invocation import Invocation, examples, invocation, noun
from node.cli.screen import console, echo_json, iso, local, progress_bar, table

if TYPE_CHECKING:
    from node.v1.operator_epochs_pb2 import ListOwnEpochsResponse, OwnEpoch
    from node.v1.operator_epochs_pb2_grpc import OperatorEpochsServiceStub

app = noun("This node's epochs: each the lifetime of one key. Show them, and rotate to the next.")

_WATCH_SECONDS = 0.5
_PHASES = {"encoding": "records encoded", "building": "indexes built", "opening": "opening"}


@app.command(
    epilog=examples(
        "lancang --home DIR/th epoch show",
        "lancang --home DIR/th epoch show --json",
    )
)
def show(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List this node's epochs: until when each takes asks, when its key is erased, how far a rotation has come."""
    at = invocation(context)
    with _epochs(at, "administrator") as node:
        found = _listed(node)
    if as_json:
        echo_json({"version": 1, "epochs": [_json(epoch) for epoch in found.epochs]} | _rotation_json(found))
        return
    rows = [
        (
            str(epoch.epoch),
            epoch.state,
            local(epoch.from_ms),
            local(min(epoch.ask_until_ms, epoch.ends_ms)),
            "erased" if epoch.key_erased else local(epoch.ends_ms),
            " ".join(f"{each.node_id.upper()}:{each.seq}" for each in epoch.audiences),
        )
        for epoch in found.epochs
        if epoch.state not in ("preparing", "given-up")
    ]
    table(console(at), ("Epoch", "State", "From", "Asks until", "Key until", "Published"), rows)
    preparing = [epoch.epoch for epoch in found.epochs if epoch.state == "preparing"]
    if preparing:
        typer.echo(f"Epoch {preparing[0]} is being prepared: {_in_words(found)}.")


@app.command(
    epilog=examples(
        'lancang --home DIR/th --as administrator epoch rotate --reason "yearly"',
        "lancang --home DIR/th --as administrator epoch rotate --cancel",
        exits="0 the new epoch is open, 11 one is being prepared already, 24 not confirmed",
    )
)
def rotate(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the log.")] = "by hand",
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Give up the epoch being prepared. One that is open stays.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Return when the new epoch is open.")] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Open a new epoch: a new key, every record encoded anew, new indexes. Searches go on meanwhile.

    The old epoch is answered until the end of its grace; then its key is erased for good. Ctrl-C ends only the
    watching: the rotation goes on.
    """
    if not reason.strip() or len(reason) > 200:
        raise usage("--reason: 1 to 200 characters")
    at = invocation(context)
    from node.v1 import operator_epochs_pb2 as messages

    with _epochs(at, "administrator") as node:
        if cancel:
            given_up = node.CancelRotation(messages.CancelRotationRequest(), timeout=SHORT_SECONDS).epoch
            typer.echo(f"Epoch {given_up} is given up. Nobody has seen it.")
            return
        confirmed("Rotate? The old key can't be used again after its grace.", yes=yes)
        epoch = node.RotateEpoch(messages.RotateEpochRequest(reason=reason), timeout=SHORT_SECONDS).epoch
        if wait:
            _watch(at, node, epoch)
        else:
            typer.echo(f"Epoch {epoch} is being prepared. See `lancang epoch show`.")


def _watch(at: Invocation, node: OperatorEpochsServiceStub, number: int) -> None:
    """Show how far it has come until it is open."""
    with progress_bar(at, f"epoch {number}", 1) as bar:
        while True:
            found = _listed(node)
            state = next((epoch.state for epoch in found.epochs if epoch.epoch == number), "")
            if state in ("open", "grace", "closed"):
                break
            if not state:
                raise usage(f"epoch {number} was given up meanwhile")
            bar.stage(_PHASES.get(found.rotation.phase, "waiting"), found.rotation.done, found.rotation.total)
            time.sleep(_WATCH_SECONDS)
    typer.echo(f"Epoch {number} is open. The one before it is answered until the end of its grace.")


@contextmanager
def _epochs(at: Invocation, usual: str) -> Iterator[OperatorEpochsServiceStub]:
    from node.v1.operator_epochs_pb2_grpc import OperatorEpochsServiceStub

    with channel_of(at, usual) as channel:
        yield OperatorEpochsServiceStub(channel)


def _listed(node: OperatorEpochsServiceStub) -> ListOwnEpochsResponse:
    from node.v1 import operator_epochs_pb2 as messages

    return node.ListOwnEpochs(messages.ListOwnEpochsRequest(), timeout=SHORT_SECONDS)


def _in_words(found: ListOwnEpochsResponse) -> str:
    at = found.rotation
    said = _PHASES.get(at.phase)
    if said is None:
        return "it goes on in a moment"
    return f"{said}, {at.done} of {at.total}" if at.total else said


def _json(epoch: OwnEpoch) -> dict[str, Any]:
    return {
        "epoch": epoch.epoch,
        "state": epoch.state,
        "from": iso(epoch.from_ms),
        "ask_until": iso(epoch.ask_until_ms),
        "ends": iso(epoch.ends_ms),
        "public_key": epoch.public_key.hex(),
        "statement": epoch.statement_hash.hex(),
        "key_erased": epoch.key_erased,
        "audiences": [
            {"node": each.node_id, "seq": each.seq, "postings": each.postings, "streams": each.streams}
            for each in epoch.audiences
        ],
    }


def _rotation_json(found: ListOwnEpochsResponse) -> dict[str, Any]:
    at = found.rotation
    if at.phase in ("", "idle"):
        return {}
    return {"rotation": {"epoch": at.epoch, "phase": at.phase, "done": at.done, "total": at.total}}
