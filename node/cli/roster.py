"""`lancang roster`: the signed list of members. Show and verify it; draft, sign and install a new version by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from node.cli.connection import SHORT_SECONDS, operator
from node.cli.failures import usage
from node.cli.invocation import Invocation, examples, invocation, noun
from node.cli.network import MOST_BUDGET
from node.cli.screen import console, echo_json, iso, local, table
from node.errors import Code, LancangError

if TYPE_CHECKING:
    from node.model.roster import Member, Policy, SignedRoster

app = noun("The signed list of members, with their keys and the alliance's policy.")

AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
_DAY_MS = 86_400_000
Read = TypeVar("Read")


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


@app.command(
    epilog=examples(
        "lancang roster draft --alliance mekong --member cn.json --member th.json --out roster.json",
        "lancang roster draft --previous roster.json --member la.json --remove mm --out roster-2.json",
    )
)
def draft(
    member: Annotated[
        list[Path] | None, typer.Option("--member", metavar="FILE", help="A member entry, as `node init` made it.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Where the draft goes.")] = Path("roster.json"),
    alliance: Annotated[str | None, typer.Option("--alliance", help="Name of a new alliance.")] = None,
    previous: Annotated[Path | None, typer.Option("--previous", help="The version this one follows.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="A node id that leaves.")] = None,
    quorum: Annotated[
        int | None, typer.Option("--quorum", metavar="N", min=1, help="Signatures needed. Default: a majority.")
    ] = None,
    days: Annotated[int, typer.Option("--days", metavar="N", min=1, max=400, help="How long it is valid.")] = 365,
    budget: Annotated[
        int | None, typer.Option("--budget", metavar="N", min=0, max=MOST_BUDGET, help="Evaluations a day; demos only.")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Mark a new alliance as a demo.")] = False,
) -> None:
    """Write an unsigned roster from member entries: the first of an alliance, or the next after --previous."""
    from dataclasses import replace

    from node.clock import SystemClock
    from node.model.roster import Roster
    from node.roster.documents import encode_signed, unsigned
    from node.roster.well_formed import check_well_formed

    if (alliance is None) == (previous is None):
        raise usage("give --alliance for the first version, or --previous for a later one")
    if previous is None and not member:
        raise usage("--member: name the entry of each member; `lancang node init` makes it (member.json)")
    if out.exists():
        # It may hold signatures, or be the very version that this one follows.
        raise usage(f"--out: {out} exists already; name another file")
    old = read_roster(previous) if previous else None
    entries = {one.node_id: one for one in (old.roster.members if old else ())}
    entries |= {one.node_id: one for one in (read_member(path) for path in member or ())}
    for node_id in remove or ():
        if entries.pop(node_id.lower(), None) is None:
            raise usage(f"--remove: {node_id} is not in the roster")
    now = SystemClock().now_ms()
    first = Roster(
        alliance=old.roster.alliance if old else alliance or "",
        version=old.roster.version + 1 if old else 1,
        issued_ms=now,
        expires_ms=now + days * _DAY_MS,
        quorum=1,
        members=tuple(entries[key] for key in sorted(entries)),
        policy=_policy(old, budget),
        previous=old.hash if old else bytes(32),
        demo=old.roster.demo if old else demo,
    )
    drafted = unsigned(replace(first, quorum=quorum or len(first.holders()) // 2 + 1))
    try:
        check_well_formed(drafted)
    except LancangError as problem:
        raise LancangError(problem.code, problem.detail, remedy="Change what the draft is made from.") from None
    out.write_bytes(encode_signed(drafted))
    typer.echo(f"Drafted version {drafted.roster.version} with {len(entries)} members in {out}; {_NEXT}")
    typer.echo(f"Hash {drafted.hash.hex()}")


@app.command(epilog=examples("LANCANG_SECRET_FILE=secret lancang --home DIR/th roster sign roster.json"))
def sign(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="The roster file; changed in place.")]
) -> None:
    """Add this member's signature. Works without the node, with its secret. Read it first: roster show FILE."""
    from node.cli.secret import secret_of
    from node.config import load_settings
    from node.roster.acceptance import signers
    from node.roster.documents import encode_signed
    from node.roster.signing import sign_roster
    from node.storage.durable_files import write_durably
    from node.storage.keystore import open_keystore

    at = invocation(context)
    home = at.the_home()
    node_id = load_settings(home).node_id
    signed = read_roster(file)
    entry = signed.roster.member(node_id)
    keys = open_keystore(home.keystore, node_id, secret_of(home))
    if entry is None or entry.signing_key != keys.signing.public:
        raise LancangError(
            Code.ROSTER_INVALID,
            f"this roster does not name {node_id} with this node's key",
            remedy="Ask the coordinator to draft it anew with this home's member.json.",
        )
    signed = sign_roster(signed, node_id, keys.signing)
    write_durably(file, encode_signed(signed), 0o644)
    have = signers(signed.roster, signed)
    typer.echo(f"Signed by {', '.join(sorted(have))}; {signed.roster.quorum} are needed. Hash {signed.hash.hex()}")


@app.command(epilog=examples("lancang --home DIR/th roster install roster.json"))
def install(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="A roster that a quorum has signed.")]
) -> None:
    """Put a signed roster in force at this node, after checking that it may follow. The node must not run."""
    from node.cli.running import running
    from node.clock import SystemClock
    from node.roster.installed import install_roster

    home = invocation(context).the_home()
    found = running(home)
    if found is not None:
        raise LancangError(Code.NODE_LOCKED, f"process {found.pid} runs it")
    accepted = install_roster(home, read_roster(file), SystemClock().now_ms())
    typer.echo(f"In force here: {accepted.roster.alliance} version {accepted.roster.version}.")
    typer.echo(f"Hash {accepted.hash.hex()} - compare it with the other members by another way.")


def read_roster(path: Path) -> SignedRoster:
    """A roster file. Raises ROSTER_INVALID naming it; FILE_UNREADABLE comes from the file itself."""
    from node.roster.documents import parse_signed

    return _read(path, parse_signed, "A roster is the file that `lancang roster draft` made and the members signed.")


def read_member(path: Path) -> Member:
    """A member's entry. Raises as read_roster."""
    from node.roster.documents import parse_member

    return _read(path, parse_member, "A member's entry is the file member.json that `lancang node init` made.")


def _read(path: Path, parse: Callable[[bytes], Read], remedy: str) -> Read:
    try:
        return parse(path.read_bytes())
    except LancangError as problem:
        raise LancangError(problem.code, f"{path}: {problem.detail}", remedy=remedy) from None


def _policy(old: SignedRoster | None, budget: int | None) -> Policy:
    from node.roster.policy_defaults import default_policy, with_daily_budget

    policy = old.roster.policy if old else default_policy()
    return policy if budget is None else with_daily_budget(policy, budget)


_NEXT = "each member now signs it with `lancang --home HOME roster sign`."
