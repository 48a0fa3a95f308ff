"""`lancang roster`: the signed list of members. Show and verify it; draft, sign and install a new version by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli import roster_accept, roster_draft
from node.cli.connection import SHORT_SECONDS, operator
from node.cli.invocation import Invocation, examples, invocation, noun
from node.cli.roster_files import read_roster
from node.cli.screen import console, echo_json, iso, local, table
from node.errors import Code, LancangError

if TYPE_CHECKING:
    from node.model.roster import SignedRoster

app = noun("The signed list of members, with their keys and the alliance's policy.")

AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


@app.command(
    epilog=examples(
        "lancang --home DIR/cn roster show",
        "lancang --home DIR/cn roster show --json > roster.json",
        "lancang roster show roster.json",
    )
)
def show(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="A roster file, such as a draft. Default: the one in force.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the roster in force: members, purposes, budgets; or a file's. --json gives the signed file itself."""
    from node.roster.documents import encode_signed, parse_signed
    from node.v1 import operator_pb2

    at = invocation(context)
    if file is not None:
        signed = read_roster(file)
        if as_json:
            typer.echo(encode_signed(signed).decode(), nl=False)
        else:
            show_roster(at, signed)
        return
    with operator(at) as node:
        told = node.GetRoster(operator_pb2.GetRosterRequest(), timeout=SHORT_SECONDS)
    if as_json:
        typer.echo(told.signed_roster.decode(), nl=False)
        return
    show_roster(at, parse_signed(told.signed_roster))


def show_roster(at: Invocation, signed: SignedRoster) -> None:
    """A roster for people."""
    from node.roster.acceptance import signers

    roster = signed.roster
    valid = signers(roster, signed)
    to = console(at)
    head = f"{roster.alliance}, version {roster.version}{' (demo)' if roster.demo else ''}"
    typer.echo(f"{head}, {local(roster.issued_ms)} to {local(roster.expires_ms)}")
    typer.echo(f"Hash {signed.hash.hex()}")
    rows = [
        (one.node_id.upper(), one.name, one.role.value, one.endpoint, "yes" if one.node_id in valid else "no")
        for one in roster.members
    ]
    table(to, ("Node", "Name", "Role", "Endpoint", "Signed"), rows)
    typer.echo(f"Signed by {len(valid)} of {len(roster.holders())} record holders; {roster.quorum} are needed.")
    typer.echo(f"Purposes: {', '.join(roster.policy.purposes)}")
    for inspector in roster.policy.inspectors:
        name, _, key = inspector.partition(":")
        typer.echo(f"Inspector: {name}, key {key}")
    budget = roster.policy.budget
    typer.echo(
        f"Evaluations a member may buy from another: {budget.member_hour} an hour, {budget.member_day} a day, "
        f"{budget.member_epoch} an epoch; a search takes {roster.policy.ask_size}."
    )


@app.command(
    epilog=examples(
        "lancang --home DIR/cn roster verify",
        "lancang roster verify roster.json",
        exits="0 valid, 9 not valid, expired, not the next or not signed by enough",
    )
    + "\n\nWith a home it is also checked that FILE may follow the version in force there. Works without the node."
)
def verify(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A roster file. Default: the one in the home.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check a roster: its form, its quorum of signatures, its expiry, and that it may follow the one in force."""
    from node.clock import SystemClock
    from node.roster.acceptance import accept, signers, verify_at
    from node.roster.installed import installed_roster

    at = invocation(context)
    current = installed_roster(at.the_home()) if at.home is not None else None
    signed = read_roster(file) if file is not None else current
    if signed is None:
        at.the_home()
        raise LancangError(
            Code.ROSTER_INVALID, "this home holds no roster yet", remedy="`lancang roster install FILE`."
        )
    now = SystemClock().now_ms()
    if file is None or current is None:
        verify_at(signed, now)
    else:
        accept(current, signed, now)
    roster = signed.roster
    if as_json:
        shown: dict[str, Any] = {"version": 1, "valid": True, "alliance": roster.alliance}
        shown |= {"roster_version": roster.version, "hash": signed.hash.hex(), "expires": iso(roster.expires_ms)}
        echo_json(shown | {"signed_by": sorted(signers(roster, signed)), "quorum": roster.quorum})
        return
    typer.echo(
        f"Valid: {roster.alliance} version {roster.version}, until {local(roster.expires_ms)}, signed by "
        f"{', '.join(sorted(signers(roster, signed)))} (needs {roster.quorum}).\nHash {signed.hash.hex()}"
    )


@app.command(epilog=examples("LANCANG_SECRET_FILE=secret lancang --home DIR/th roster sign roster.json"))
def sign(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="The roster file; changed in place.")]
) -> None:
    """Add this member's signature. Works without the node, with its secret. Read it first: roster show FILE."""
    from node.acts.membership.next_keys import signing_keys
    from node.cli.secret import secret_of
    from node.config import load_settings
    from node.roster.acceptance import signers
    from node.roster.documents import encode_signed
    from node.roster.signing import sign_roster
    from node.storage.durable_files import write_durably

    at = invocation(context)
    home = at.the_home()
    node_id = load_settings(home).node_id
    signed = read_roster(file)
    for key in signing_keys(home, node_id, secret_of(home), signed.roster):
        signed = sign_roster(signed, node_id, key)
    write_durably(file, encode_signed(signed), 0o644)
    have = signers(signed.roster, signed)
    typer.echo(f"Signed by {', '.join(sorted(have))}; {signed.roster.quorum} are needed. Hash {signed.hash.hex()}")


@app.command(
    epilog=examples(
        "lancang --home DIR/th roster install roster.json",
        "lancang --home DIR/th roster install roster-2.json roster-3.json",
    )
    + "\n\nOf several, in their order, only the last must not have expired."
)
def install(
    context: typer.Context, files: Annotated[list[Path], typer.Argument(help="Rosters that a quorum has signed.")]
) -> None:
    """Put a signed roster in force at this node, after checking that it may follow. The node must not run."""
    from node.cli.running import running
    from node.clock import SystemClock
    from node.roster.installed import install_roster

    home = invocation(context).the_home()
    found = running(home)
    if found is not None:
        raise LancangError(Code.NODE_LOCKED, f"process {found.pid} runs it")
    now = SystemClock().now_ms()
    for file in files[:-1]:
        install_roster(home, read_roster(file), now, leads_on=True)
    accepted = install_roster(home, read_roster(files[-1]), now)
    typer.echo(f"In force here: {accepted.roster.alliance} version {accepted.roster.version}.")
    typer.echo(f"Hash {accepted.hash.hex()} - compare it with the other members by another way.")


roster_draft.add_to(app)
roster_accept.add_to(app)
