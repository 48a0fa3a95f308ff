"""`lancang outbox`: what waits for whom, since when and why. Never what stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.connection import SHORT_SECONDS, channel_of
from node.cli.invocation import DEFAULT_OFFICER, Invocation, examples, invocation
from node.cli.screen import console, echo_json, iso, local, table

if TYPE_CHECKING:
    from node.v1.operator_courier_pb2 import ListLettersResponse, PeerQueue, QueuedLetter
    from node.v1.operator_courier_pb2_grpc import OperatorCourierServiceStub

app = typer.Typer(
    help="The outbox: letters to other members, and what they wait for. Alone: list.",
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_SHORT_ID = 12
_Peer = Annotated[str, typer.Option("--peer", metavar="NODE", help="Only what goes to this member.")]
_All = Annotated[bool, typer.Option("--all", help="The newest letters, delivered and refused ones too.")]
_Json = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


@app.callback(invoke_without_command=True)
def outbox(context: typer.Context, as_json: _Json = False) -> None:
    """List what waits, if nothing else is asked for."""
    if context.invoked_subcommand is None:
        list_(context, as_json=as_json)


@app.command(
    "list",
    epilog=examples("lancang --home DIR/th outbox list", "lancang --home DIR/th outbox list --peer KH --all --json"),
)
def list_(context: typer.Context, peer: _Peer = "", every: _All = False, as_json: _Json = False) -> None:
    """Show what waits for whom: since when, how often it was tried, when it is tried next, what stood in its way."""
    from node.v1 import operator_courier_pb2 as messages

    at = invocation(context)
    with _courier(at) as node:
        request = messages.ListLettersRequest(recipient=peer.lower(), settled=every)
        found = node.ListLetters(request, timeout=SHORT_SECONDS)
    if as_json:
        queues = [_queue_json(queue) for queue in found.queues]
        echo_json({"version": 1, "peers": queues, "letters": [_json(letter) for letter in found.letters]})
        return
    if not found.letters:
        typer.echo("No letter was written yet." if every else "Nothing waits.")
        return
    _show(at, found, every=every)


@app.command(epilog=examples("lancang --home DIR/th outbox show 5f1c09ab77d2"))
def show(
    context: typer.Context,
    message_id: Annotated[str, typer.Argument(metavar="ID", help="The beginning of its id: 8 hex digits or more.")],
    as_json: _Json = False,
) -> None:
    """Show one letter: what has become of it, and the receipt that its recipient signed."""
    from node.v1 import operator_courier_pb2 as messages

    at = invocation(context)
    with _courier(at) as node:
        request = messages.ShowLetterRequest(message_id=message_id)
        found = _json(node.ShowLetter(request, timeout=SHORT_SECONDS).letter)
    if as_json:
        echo_json({"version": 1, **found})
        return
    table(console(at), ("", ""), [(name.replace("_", " "), str(value)) for name, value in found.items()])


@app.command(epilog=examples("lancang --home DIR/th outbox retry KH"))
def retry(
    context: typer.Context, peer: Annotated[str, typer.Argument(metavar="NODE", help="The member, such as KH.")]
) -> None:
    """Try at once whatever waits for a member. A node does so by itself as soon as it hears of the member."""
    from node.v1 import operator_courier_pb2 as messages

    with _courier(invocation(context)) as node:
        request = messages.RetryPeerRequest(recipient=peer.lower())
        waiting = node.RetryPeer(request, timeout=SHORT_SECONDS).waiting
    typer.echo(f"{waiting} waiting for {peer.upper()}: tried now.")


@contextmanager
def _courier(at: Invocation) -> Iterator[OperatorCourierServiceStub]:
    from node.v1.operator_courier_pb2_grpc import OperatorCourierServiceStub

    with channel_of(at, DEFAULT_OFFICER) as channel:
        yield OperatorCourierServiceStub(channel)


def _show(at: Invocation, found: ListLettersResponse, *, every: bool) -> None:
    rows = [
        (
            letter.message_id[:_SHORT_ID],
            letter.recipient.upper(),
            letter.kind,
            *((letter.state,) if every else ()),
            local(letter.written_ms),
            str(letter.attempts),
            local(letter.next_ms) or ("" if letter.HasField("settled_ms") else "after another"),
            f"{letter.code} {letter.reason}".strip(),
        )
        for letter in found.letters
    ]
    states = ("State",) if every else ()
    table(console(at), ("Id", "To", "Kind", *states, "Written", "Tries", "Next try", "Why"), rows)
    for queue in found.queues:
        why = f"; {queue.code} {queue.reason}" if queue.code else ""
        typer.echo(
            f"{queue.recipient.upper()}: {queue.waiting} waiting, the oldest since {local(queue.oldest_ms)}{why}"
        )


def _queue_json(queue: PeerQueue) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "node": queue.recipient,
        "waiting": queue.waiting,
        "oldest": iso(queue.oldest_ms),
    }
    if queue.code:
        shown |= {"code": queue.code, "reason": queue.reason}
    if queue.HasField("next_ms"):
        shown["next_try"] = iso(queue.next_ms)
    return shown


def _json(letter: QueuedLetter) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "message_id": letter.message_id,
        "to": letter.recipient,
        "conversation": letter.conversation,
        "number": letter.number,
        "kind": letter.kind,
        "state": letter.state,
        "written": iso(letter.written_ms),
        "tries": letter.attempts,
    }
    if letter.HasField("until_ms"):
        shown["until"] = iso(letter.until_ms)
    if letter.HasField("next_ms"):
        shown["next_try"] = iso(letter.next_ms)
    if letter.code:
        shown |= {"code": letter.code, "reason": letter.reason}
    if letter.HasField("settled_ms"):
        shown |= {"settled": iso(letter.settled_ms), "receipt": letter.receipt.hex()}
    return shown
