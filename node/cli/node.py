"""`lancang node`: one real node by hand: init, run, status. docs/operations.md walks through it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from node.cli import backup, rekey, restored
from node.cli.connection import SHORT_SECONDS, operator
from node.cli.failures import duration, usage
from node.cli.invocation import examples, invocation, noun
from node.cli.screen import console, echo_json, iso, local, table
from node.errors import Code, LancangError

app = noun("One node: found it, run it, look at it.")


@app.command(
    epilog=examples(
        "lancang node init --node-id th --alliance mekong --listen 10.2.0.7:7443 --endpoint th.example:7443 DIR",
    )
    + "\n\nThe secret is taken from LANCANG_SECRET_FILE, a systemd credential or LANCANG_SECRET; make one with "
    "`openssl rand -base64 32` and keep it off this disk. Prints the member entry for the coordinator: public parts."
)
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The home to make.")],
    node_id: Annotated[str, typer.Option("--node-id", help="Two letters of the country, or a short name.")],
    alliance: Annotated[str, typer.Option("--alliance", help="The alliance it joins.")],
    listen: Annotated[str, typer.Option("--listen", metavar="HOST:PORT", help="Where the node listens for peers.")],
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", metavar="HOST:PORT", help="Where peers call it. Default: --listen.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="The member's name, for people.")] = None,
    role: Annotated[str, typer.Option("--role", help="member, observer or coordinator.")] = "member",
    secret_file: Annotated[
        Path | None, typer.Option("--secret-file", help="Written into node.toml as the place of the secret.")
    ] = None,
) -> None:
    """Found a node: its keys, its own CA, certificates for it and four officers."""
    from node.acts.founding.found import MemberPlan, found_member
    from node.cli.secret import secret_for
    from node.clock import SystemClock
    from node.config import Address, Home
    from node.model.officer import NODE_ROLES, Role

    try:
        address = Address.parse(listen)
    except ValueError as problem:
        raise usage(f"--listen: {problem}") from None
    if role not in {one.value for one in NODE_ROLES}:
        raise usage(f"--role: one of {', '.join(sorted(one.value for one in NODE_ROLES))}")
    place = secret_file.absolute() if secret_file else None
    plan = MemberPlan(
        alliance=alliance,
        node_id=node_id.lower(),
        name=name or node_id.upper(),
        endpoint=endpoint or listen,
        listen=address,
        role=Role(role),
        secret_file=str(place) if place else None,
    )
    home = Home(directory.absolute())
    found_member(home, plan, secret_for(place), SystemClock().now_ms())
    typer.echo(home.member.read_text(encoding="utf-8"), nl=False)
    typer.echo(f"Founded {plan.node_id} in {directory}. Send {home.member} to the coordinator (public).", err=True)
    typer.echo(f"Move {home.authority} to a place of its own, offline; it is needed to renew certificates.", err=True)


@app.command(
    epilog=examples("lancang --home DIR/th node run", "LANCANG_SECRET_FILE=/run/secret lancang --home DIR node run")
)
def run(context: typer.Context) -> None:
    """Run the node in the foreground until SIGTERM; its log goes to standard error."""
    home = invocation(context).the_home()
    if not home.roster.exists():
        raise LancangError(
            Code.ROSTER_INVALID,
            "none is in force at this node yet",
            remedy="Install the one that the members signed: `lancang --home HOME roster install FILE`.",
        )
    from node.app.run import run_node

    run_node(home.path)


@app.command(epilog=examples("lancang --home DIR/th node status", "lancang --home DIR/th node status --json"))
def status(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False
) -> None:
    """Show whether the node runs, since when, its epoch, roster and records."""
    from node.cli.running import running
    from node.v1 import operator_pb2

    at = invocation(context)
    with operator(at) as node:
        now = node.GetStatus(operator_pb2.GetStatusRequest(), timeout=SHORT_SECONDS)
    held = restored.look(at).held
    process = running(at.the_home())
    if as_json:
        echo_json(
            {
                "version": 1,
                "node": now.node_id,
                "alliance": now.alliance,
                "software_version": now.software_version,
                "state": "draining" if now.draining else "held" if held else "serving",
                "pid": process.pid if process else None,
                "endpoint": now.endpoint,
                "metrics": process.metrics if process else None,
                "started": iso(now.started_ms),
                "roster_version": now.roster_version,
                "epoch": now.epoch,
                "live_records": now.live_records,
                "unpublished_changes": now.unpublished_changes,
            }
        )
        return
    age = duration(max(0, now.now_ms - now.started_ms) // 1000)
    rows = [
        ("node", f"{now.node_id.upper()} of {now.alliance}"),
        ("state", "draining" if now.draining else _HELD if held else "serving"),
        ("process", f"{process.pid}, since {local(now.started_ms)} ({age})" if process else ""),
        ("endpoint", now.endpoint),
        ("metrics", f"http://{process.metrics}/metrics" if process else ""),
        ("version", now.software_version),
        ("roster", f"version {now.roster_version}"),
        ("epoch", str(now.epoch)),
        ("live records", str(now.live_records)),
        ("not yet published", f"{now.unpublished_changes} changes"),
    ]
    table(console(at), ("What", "How it is"), rows)


_HELD = "held after a restore: `lancang node restored` says what to do"

rekey.add_to(app)
restored.add_to(app)
backup.add_to(app)
