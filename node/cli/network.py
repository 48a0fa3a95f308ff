"""`lancang network`: a whole federation on this machine, for demos and tests: create, up, status, down, demo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.failures import usage
from node.cli.invocation import Invocation, examples, invocation, noun
from node.cli.screen import console, echo_json, table, waiting
from node.errors import LancangError

if TYPE_CHECKING:
    from node.acts.founding.found_federation import Federation, FederationNode
    from node.cli.processes import Started

ALL_MEMBERS = "CN,KH,LA,MM,TH,VN"
# The roster holds a hundredfold of it, for an epoch, within its own limit.
MOST_BUDGET = 1_000_000_000

app = noun("A federation of national nodes on this machine, for demos and tests.")

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The federation's directory.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


@app.command(
    epilog=examples("lancang network create DIR", "lancang network create DIR --members CN,TH --budget 100000")
    + "\n\nMakes DIR/cn ... with PKI, keys, roster and four officers each (analyst, approver, auditor, administrator). "
    "The nodes' secrets lie in DIR/secrets: good for a demo, never for real data."
)
def create(
    directory: Directory,
    members: Annotated[str, typer.Option("--members", help="Node ids, with commas.")] = ALL_MEMBERS,
    budget: Annotated[
        int | None,
        typer.Option(
            "--budget",
            metavar="N",
            min=0,
            max=MOST_BUDGET,
            help="Evaluations a day each member may buy from each other.",
        ),
    ] = None,
    observers: Annotated[
        str,
        typer.Option("--observers", help="Nodes without records that only watch, such as INTERPOL,UNODC,LMLECC."),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Found a federation: PKI, keys and a roster that all members have signed."""
    made = found(directory, members, budget, observers)
    if as_json:
        homes = [{"node": one.node_id, "home": str(one.home.path), "endpoint": str(one.endpoint)} for one in made.nodes]
        echo_json({"version": 1, "alliance": made.alliance, "nodes": homes})
        return
    typer.echo(f"Founded {', '.join(one.node_id.upper() for one in made.nodes)} in {directory}.")
    typer.echo(f"Start them: lancang network up {directory}")


def found(directory: Path, members: str, budget: int | None, observers: str = "") -> Federation:
    """Found a federation in directory."""
    from certs.profiles import is_label
    from node.acts.founding.found_federation import found_federation
    from node.clock import SystemClock
    from node.roster.policy_defaults import default_policy, with_daily_budget

    ids, watching = ([one.strip().lower() for one in text.split(",") if one.strip()] for text in (members, observers))
    # A member's id names its directory, beside that of the secrets.
    if not ids or not all(is_label(one) and one != "secrets" for one in (*ids, *watching)):
        raise usage("--members, --observers: node ids with commas between, of lower-case letters, digits and hyphens")
    policy = default_policy()
    if budget is not None:
        policy = with_daily_budget(policy, budget)
    return found_federation(directory, ids, policy, SystemClock().now_ms(), observers=watching)


@app.command(epilog=examples("lancang network up DIR"))
def up(context: typer.Context, directory: Directory) -> None:
    """Start the nodes that do not run, and return when all serve and their indexes are in sync."""
    from node.acts.founding.found_federation import read_federation

    federation = read_federation(directory)
    started = bring_up(invocation(context), federation)
    typer.echo(f"{len(federation.nodes)} nodes serve and are in sync ({len(started)} started now).")


def bring_up(at: Invocation, federation: Federation) -> list[Started]:
    """Start what does not run and wait; returns what was started. What it started ends with it if it fails."""
    from node.cli.processes import end, start, wait_until_in_sync

    started = start(federation.nodes)
    try:
        with waiting(at, f"Waiting for {len(federation.nodes)} nodes"):
            wait_until_in_sync(federation.nodes, started)
    except BaseException:
        end(started)
        raise
    return started


@app.command(
    epilog=examples(
        "lancang network status DIR", "lancang network status DIR --json", exits="0 all serve, 14 a node is down"
    )
)
def status(context: typer.Context, directory: Directory, as_json: AsJson = False) -> None:
    """Show which nodes run, what they hold and how they stand to each other."""
    from node.acts.founding.found_federation import read_federation

    at = invocation(context)
    found_nodes = [_state(at, one) for one in read_federation(directory).nodes]
    if as_json:
        echo_json({"version": 1, "nodes": found_nodes})
    else:
        columns = ("node", "state", "pid", "endpoint", "epoch", "records", "in_sync_with", "home")
        rows = [tuple(str(one.get(column, "")) for column in columns) for one in found_nodes]
        table(console(at), [column.replace("_", " ").capitalize() for column in columns], rows)
    if any(one["state"] != "serving" for one in found_nodes):
        raise typer.Exit(14)


def _state(at: Invocation, node: FederationNode) -> dict[str, Any]:
    from node.cli.connection import SHORT_SECONDS, called
    from node.cli.running import running
    from node.v1 import operator_pb2

    shown: dict[str, Any] = {"node": node.node_id, "home": str(node.home.path), "endpoint": str(node.endpoint)}
    found_process = running(node.home)
    if found_process is None:
        return shown | {"state": "down"}
    shown |= {"state": "serving", "pid": found_process.pid, "metrics": found_process.metrics}
    try:
        with called(node.home, at.officer) as stub:
            now = stub.GetStatus(operator_pb2.GetStatusRequest(), timeout=SHORT_SECONDS)
            peers = stub.ListPeers(operator_pb2.ListPeersRequest(), timeout=SHORT_SECONDS).peers
    except LancangError as problem:
        return shown | {"state": "error", "code": problem.code.value}
    in_sync = [peer.node_id for peer in peers if peer.state == "in-sync"]
    return shown | {"epoch": now.epoch, "records": now.live_records, "in_sync_with": " ".join(in_sync)}


@app.command(epilog=examples("lancang network down DIR"))
def down(context: typer.Context, directory: Directory) -> None:
    """Stop all nodes of the federation; a node gets twenty seconds to end what it does."""
    from node.acts.founding.found_federation import read_federation
    from node.cli.processes import stop

    federation = read_federation(directory)
    with waiting(invocation(context), "Stopping the nodes"):
        ended = stop(federation.nodes)
    typer.echo(f"{len(ended)} nodes stopped." if ended else "No node ran.")


@app.command(
    epilog=examples(
        "lancang network demo",
        "lancang network demo --keep DIR",
        "lancang network demo --seed 7",
        exits="0 only when every person was found where one was to be found, and nowhere else; 1 a promise not kept",
    )
)
def demo(
    context: typer.Context,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="DIR", help="Make the federation here and leave it running.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Which synthetic population.")] = 1,
) -> None:
    """Six national nodes find one person: founded, filled and searched in under a minute."""
    from node.cli.demo import run_demo

    raise typer.Exit(run_demo(invocation(context), keep, seed))
