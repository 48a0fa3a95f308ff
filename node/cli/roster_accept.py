"""`lancang roster diff` and `accept`: what a new version changes for whom; putting it in force at a running node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.confirm import confirmed
from node.cli.connection import SHORT_SECONDS, channel_of, channel_to
from node.cli.failures import usage
from node.cli.invocation import Invocation, examples, invocation
from node.cli.roster_files import read_roster
from node.errors import Code, LancangError

if TYPE_CHECKING:
    from node.model.roster import SignedRoster

NextFile = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="The next version. Default: the one that a peer brought, if any.")
]


def diff(
    context: typer.Context,
    file: NextFile = None,
    base: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Compare with this one. Default: the one in force.")
    ] = None,
) -> None:
    """Say in words what the next version changes, and who has signed it."""
    at = invocation(context)
    new = read_roster(file) if file is not None else _waiting(at)
    old = read_roster(base) if base is not None else _in_force(at)
    _show(old, new)


def accept(
    context: typer.Context,
    file: NextFile = None,
    over_fork: Annotated[
        bool,
        typer.Option("--over-fork", help="FILE is a later version of the other line: this node took the wrong one."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
) -> None:
    """Put the next version in force at the running node, without a restart. It can't be undone."""
    from node.v1 import operator_membership_pb2 as membership_pb2
    from node.v1.operator_membership_pb2_grpc import OperatorMembershipServiceStub

    at = invocation(context)
    home = at.the_home()
    _check_runs(at)
    if over_fork and file is None:
        raise usage("--over-fork: name the FILE, as the other members have it")
    new = read_roster(file) if file is not None else _waiting(at)
    _show(_in_force(at), new)
    question = f"Put version {new.roster.version} in force at this node? It can't be undone."
    if over_fork:
        typer.echo(
            "This node leaves the roster in force for another line. Compare the hash with the other members by another "
            f"way: {new.hash.hex()}"
        )
        question = f"Leave version {_in_force(at).roster.version} for version {new.roster.version} of the other line?"
    confirmed(question, yes=yes)
    document = file.read_bytes() if file is not None else _encoded(new)
    with channel_to(home, at.named_officer or "administrator") as channel:
        request = membership_pb2.AcceptRosterRequest(signed_roster=document, over_fork=over_fork)
        told = OperatorMembershipServiceStub(channel).AcceptRoster(request, timeout=SHORT_SECONDS)
    typer.echo(f"In force here{'' if told.changed else ' already'}: version {told.version}.")
    typer.echo(f"Hash {told.hash.hex()} - compare it with the other members by another way.")


def _show(old: SignedRoster, new: SignedRoster) -> None:
    from node.cli.screen import printable
    from node.roster.differences import differences
    from node.roster.quorum import count

    changes = differences(old.roster, new.roster) or ["Nothing changes but its number and its dates."]
    typer.echo(f"Version {new.roster.version}, after version {old.roster.version}:")
    for change in changes:
        typer.echo(printable(f"  {change}"))
    present, own = count(old.roster, new, other=new.roster), count(new.roster, new, other=old.roster)
    for node_id, reason in sorted({*present.discounted, *own.discounted}):
        typer.echo(printable(f"  The signature of {node_id.upper()} does not count: {reason}."))
    names = ", ".join(sorted(present.counted | own.counted)) or "nobody"
    typer.echo(f"Signed by {names}.")
    typer.echo(f"Of the present record holders {len(present.counted)} count, {old.roster.quorum} are needed.")
    typer.echo(f"Of its own {len(own.counted)} count, {new.roster.quorum} are needed.")


def _in_force(at: Invocation) -> SignedRoster:
    """What the home holds: it follows the running node at once."""
    from node.roster.installed import installed_roster

    found = installed_roster(at.the_home())
    if found is None:
        raise LancangError(
            Code.ROSTER_INVALID, "this home holds no roster yet", remedy="`lancang roster install FILE`."
        )
    return found


def _waiting(at: Invocation) -> SignedRoster:
    """The successor that a peer has brought to the running node. Raises INPUT_INVALID if none waits."""
    from node.roster.documents import parse_signed
    from node.v1 import operator_membership_pb2 as membership_pb2
    from node.v1.operator_membership_pb2_grpc import OperatorMembershipServiceStub

    with channel_of(at, "administrator") as channel:
        told = OperatorMembershipServiceStub(channel).ListRosters(
            membership_pb2.ListRostersRequest(), timeout=SHORT_SECONDS
        )
    if not told.waiting:
        raise usage("no newer roster waits here; name a FILE")
    return parse_signed(told.waiting[0].signed_roster)


def _encoded(signed: SignedRoster) -> bytes:
    from node.roster.documents import encode_signed

    return encode_signed(signed)


def _check_runs(at: Invocation) -> None:
    """Raises NODE_NOT_RUNNING with the way to do it offline."""
    from node.cli.running import running

    home = at.the_home()
    if running(home) is None:
        raise LancangError(
            Code.NODE_NOT_RUNNING,
            str(home.path),
            remedy="Start it, then accept; or put the file in place for its start: `lancang roster install FILE`.",
        )


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        "diff",
        epilog=examples(
            "lancang --home DIR/th roster diff roster-2.json",
            "lancang --home DIR/th roster diff",
            "lancang roster diff roster-2.json --from roster.json",
        ),
    )(diff)
    app.command(
        "accept",
        epilog=examples(
            "lancang --home DIR/th roster accept roster-2.json",
            "lancang --home DIR/th roster accept",
            "lancang --home DIR/th roster accept roster-2.json --yes",
            "lancang --home DIR/th roster accept roster-3.json --over-fork",
            exits="0 in force, 9 not valid, not the next or signed by too few, 14 the node is down, 24 not confirmed",
        )
        + "\n\nActs as administrator. An older version is refused from then on.",
    )(accept)
