"""`lancang audit export`, `reconcile`, `check` and `forget`: what goes out of the log, and whether it is as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from node.cli.audit_service import LONG_SECONDS, act_id, audit_service, milliseconds
from node.cli.connection import SHORT_SECONDS
from node.cli.failures import usage
from node.cli.invocation import examples, invocation
from node.cli.new_file import written_whole
from node.cli.screen import console, echo_json, iso, local, table
from node.errors import Code, LancangError

DIFFER_EXIT = 3


def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write; must not exist.")],
    full: Annotated[bool, typer.Option("--full", help="Every leaf of the log.")] = False,
    act: Annotated[
        list[str] | None, typer.Option("--act", metavar="ID", help="Only this act, with its proof; repeatable.")
    ] = None,
    opened: Annotated[
        list[str] | None,
        typer.Option("--open", metavar="FIELD", help="Open this field of the acts; repeatable, 'all' for every one."),
    ] = None,
) -> None:
    """Write the log, or some acts, to a file that proves itself. It shows no field unless you open it."""
    from node.v1 import operator_audit_pb2 as messages

    if full == bool(act):
        raise usage("give either --full or --act")
    if opened and full:
        raise usage("--open: a full export opens nothing")
    ids = [act_id(each) for each in act or []]
    fields = ["*" if field == "all" else field for field in opened or []]
    request = messages.ExportLogRequest(act_ids=ids, opened=fields)
    with audit_service(invocation(context)) as node, written_whole(out) as file:
        for response in node.ExportLog(request, timeout=LONG_SECONDS):
            file.write(response.piece)
    typer.echo(f"Written: {out}. Check it, or let others: `lancang audit verify {out}`.")


def reconcile(
    context: typer.Context,
    peer: Annotated[str, typer.Argument(metavar="NODE", help="The node whose log to compare with.")],
    since: Annotated[str, typer.Option("--since", metavar="TIME", help="From this time on (ISO 8601).")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Compare with a peer what both should have logged of each other, and list what one side lacks."""
    from node.v1 import operator_audit_pb2 as messages

    at = invocation(context)
    request = messages.ReconcileLogRequest(peer=peer.lower(), from_ms=milliseconds(since, "--since"))
    with audit_service(at) as node:
        found = node.ReconcileLog(request, timeout=LONG_SECONDS)
    if as_json:
        differences = [
            {
                "what": each.what,
                "act_id": each.act_id.hex(),
                "kind": each.kind,
                "at": iso(each.ms),
                "number": each.number,
            }
            for each in found.differences
        ]
        echo_json({"version": 1, "agreed": found.agreed, "settling": found.settling, "peer_size": found.peer_size,
                   "differences": differences, "more": found.more})  # fmt: skip
    else:
        typer.echo(f"{found.agreed} acts agree, {len(found.differences) + found.more} differ.")
        if found.settling:
            typer.echo(f"{found.settling} are of the last minute, too new to tell.")
        rows = [
            (each.what, str(each.number), local(each.ms), each.kind, each.act_id.hex()) for each in found.differences
        ]
        if rows:
            table(console(at), ("Where", "No", "When", "Act", "Id"), rows)
    if found.differences:
        raise typer.Exit(DIFFER_EXIT)


def check(context: typer.Context) -> None:
    """Check every row of the log against its tree and its checkpoints. The node does it by itself once a day."""
    from node.v1 import operator_audit_pb2 as messages

    with audit_service(invocation(context)) as node:
        found = node.CheckLog(messages.CheckLogRequest(), timeout=LONG_SECONDS)
    if found.findings:
        raise LancangError(Code.LOG_ALTERED, "; ".join(found.findings))
    typer.echo(f"{found.checked} acts, all as they were logged.")


def forget(
    context: typer.Context,
    acts: Annotated[list[str], typer.Argument(metavar="ID...", help="The acts, by their ids.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; 1 to 200 characters, in the log.")],
) -> None:
    """Erase for good what acts were about. Their places in the log stay, and nobody can guess their content."""
    from node.v1 import operator_audit_pb2 as messages

    request = messages.ForgetActsRequest(act_ids=[act_id(each) for each in acts], reason=reason)
    with audit_service(invocation(context), "administrator") as node:
        found = node.ForgetActs(request, timeout=SHORT_SECONDS)
    typer.echo(f"Forgotten: the content of {found.forgotten} acts.")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "lancang --home DIR/th --as auditor audit export --full --out th.log",
            "lancang --home DIR/th --as auditor audit export --act 0f3a... --open purpose --out act.json",
        )
    )(export)
    app.command(
        epilog=examples(
            "lancang --home DIR/th --as auditor audit reconcile CN --since 2026-11-01",
            exits="0 the logs agree, 3 they differ, 12 the peer's leaves are not in the log that it signed",
        )
    )(reconcile)
    app.command(
        epilog=examples("lancang --home DIR/th --as auditor audit check", exits="0 as it was logged, 17 it was altered")
    )(check)
    app.command(
        epilog=examples('lancang --home DIR/th --as administrator audit forget 0f3a... --reason "court order 12/2026"')
        + "\n\nThe other end of an act keeps its own content until it forgets it too."
    )(forget)
