"""`lancang roster accept`: a new version put in force at a running node."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from node.cli.connection import SHORT_SECONDS, channel_to
from node.cli.failures import usage
from node.cli.invocation import examples, invocation
from node.cli.roster_files import read_roster


def accept(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The next version, signed by a quorum of the old members and the new.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
) -> None:
    """Put the next version in force at the running node, without a restart."""
    from node.v1 import operator_membership_pb2 as membership_pb2
    from node.v1.operator_membership_pb2_grpc import OperatorMembershipServiceStub

    at = invocation(context)
    home = at.the_home()
    signed = read_roster(file)
    if not yes:
        if not sys.stdin.isatty():
            raise usage("nobody can be asked here; add --yes")
        typer.confirm(f"Put version {signed.roster.version} in force? It can't be undone.", abort=True)
    request = membership_pb2.AcceptRosterRequest(signed_roster=file.read_bytes())
    with channel_to(home, at.named_officer or "administrator") as channel:
        told = OperatorMembershipServiceStub(channel).AcceptRoster(request, timeout=SHORT_SECONDS)
    typer.echo(f"In force here{'' if told.changed else ' already'}: version {told.version}.")
    typer.echo(f"Hash {told.hash.hex()} - compare it with the other members by another way.")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "accept",
        epilog=examples(
            "lancang --home DIR/th roster accept roster-2.json",
            "lancang --home DIR/th roster accept roster-2.json --yes",
            exits="0 in force, 9 not valid, not the next or signed by too few, 14 the node is down, 130 not accepted",
        )
        + "\n\nActs as administrator. An older version is refused from then on.",
    )(accept)
