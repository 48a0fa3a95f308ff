"""`lancang audit`: the log nobody can rewrite: where it stands, what is in it, files of it, and whether they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli import audit_files, audit_verify
from node.cli.acts import act_json, in_words, shortened
from node.cli.audit_service import audit_service, milliseconds
from node.cli.connection import SHORT_SECONDS
from node.cli.invocation import Invocation, examples, invocation, noun
from node.cli.screen import console, echo_json, iso, local, table

if TYPE_CHECKING:
    from node.v1.operator_audit_pb2 import GetLogStateResponse
    from node.v1.operator_pb2 import Act

_PAGE = 500
app = noun("The log: who vouches for it, what is in it, files of it for others, and whether such a file holds.")
audit_verify.add_to(app)
audit_files.add_to(app)


@app.command(epilog=examples("lancang --home DIR/th --as auditor audit show"))
def show(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show how long the log is, its newest checkpoint, and up to where each other node vouches for it."""
    from node.v1 import operator_audit_pb2 as messages

    at = invocation(context)
    with audit_service(at) as node:
        print_state(at, node.GetLogState(messages.GetLogStateRequest(), timeout=SHORT_SECONDS), as_json=as_json)


@app.command(epilog=examples("lancang --home DIR/th --as auditor audit checkpoint"))
def checkpoint(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print what came of it as JSON.")] = False,
) -> None:
    """Make a checkpoint now, and ask the other nodes to vouch for it. By itself it is made every minute."""
    from node.v1 import operator_audit_pb2 as messages

    at = invocation(context)
    with audit_service(at) as node:
        made = node.MakeCheckpoint(messages.MakeCheckpointRequest(), timeout=60.0)
        print_state(at, made.state, as_json=as_json)


@app.command(
    epilog=examples(
        "lancang --home DIR/th --as auditor audit search --kind ask-received --peer CN --since 2026-11-01",
        "lancang --home DIR/th --as auditor audit search --case 5f0c... --json",
    )
)
def search(
    context: typer.Context,
    kind: Annotated[list[str] | None, typer.Option("--kind", metavar="KIND", help="Of this kind; repeatable.")] = None,
    peer: Annotated[str, typer.Option("--peer", metavar="NODE", help="With this node.")] = "",
    since: Annotated[str, typer.Option("--since", metavar="TIME", help="From this time on (ISO 8601).")] = "",
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="Before this time (ISO 8601).")] = "",
    case: Annotated[str, typer.Option("--case", metavar="HANDLE", help="A case, by its handle in the log.")] = "",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=100_000, help="At most so many.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """Find acts in the log, oldest first."""
    from node.v1 import operator_audit_pb2 as messages

    at = invocation(context)
    request = messages.SearchActsRequest(
        kinds=kind or [],
        peer=peer.lower(),
        from_ms=milliseconds(since, "--since"),
        until_ms=milliseconds(until, "--until"),
        case_handle=case.lower(),
    )
    found: list[Act] = []
    with audit_service(at) as node:
        while len(found) < limit:
            request.after = found[-1].number if found else 0
            request.limit = min(_PAGE, limit - len(found))
            page = node.SearchActs(request, timeout=SHORT_SECONDS).acts
            found += page
            if len(page) < request.limit:
                break
    if as_json:
        echo_json({"version": 1, "acts": [act_json(act) for act in found]})
        return
    rows = [
        (str(act.number), local(act.ms), act.kind, shortened(act.actor), act.peer, act.act_id.hex(),
         in_words(act.detail))
        for act in found
    ]  # fmt: skip
    table(console(at), ("No", "When", "Act", "By", "Peer", "Id", "Detail"), rows)


def print_state(at: Invocation, state: GetLogStateResponse, *, as_json: bool) -> None:
    """Where the log stands, for people or programs."""
    from node.model.checkpoint import Checkpoint

    signed = Checkpoint.decode(state.newest.checkpoint) if state.newest.checkpoint else None
    if as_json:
        witnesses = [
            {"witness": each.witness, "size": each.size, "at": iso(each.ms) if each.size else None,
             "code": each.code, "reason": each.reason}
            for each in state.witnesses
        ]  # fmt: skip
        newest = {"size": signed.size, "root": signed.root.hex(), "at": iso(signed.ms)} if signed else None
        echo_json(
            {"version": 1, "generation": state.generation, "size": state.size, "newest": newest, "witnesses": witnesses}
        )
        return
    typer.echo(f"{state.size} acts, generation {state.generation}")
    if signed is not None:
        typer.echo(f"newest checkpoint: {signed.size} acts, {local(signed.ms)}, root {signed.root.hex()}")
    rows = [
        (each.witness.upper(), str(each.size) if each.size else "nothing yet", local(each.ms) if each.size else "",
         f"{each.code} {each.reason}".strip())
        for each in state.witnesses
    ]  # fmt: skip
    table(console(at), ("Witness", "Vouches for acts 1 to", "Since", "Why not for more"), rows)
