"""`lancang roster draft`: the next version of the roster, or the first, from member entries and changes of policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.failures import usage
from node.cli.invocation import examples
from node.cli.network import MOST_BUDGET
from node.cli.roster_files import read_member, read_roster
from node.errors import LancangError

if TYPE_CHECKING:
    from node.model.roster import Policy, SignedRoster

_DAY_MS = 86_400_000
_NEXT = "each member now signs it with `lancang --home HOME roster sign`."


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
    amendments: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A value of the policy. May be repeated.")
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
        policy=_policy(old, budget, amendments or []),
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


def _policy(old: SignedRoster | None, budget: int | None, amendments: list[str]) -> Policy:
    from node.roster.amendments import amended
    from node.roster.policy_defaults import default_policy, with_daily_budget

    policy = old.roster.policy if old else default_policy()
    return amended(policy if budget is None else with_daily_budget(policy, budget), amendments)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "draft",
        epilog=examples(
            "lancang roster draft --alliance mekong --member cn.json --member th.json --out roster.json",
            "lancang roster draft --previous roster.json --member la.json --remove mm --out roster-2.json",
            "lancang roster draft --previous roster.json --set budget.member_day=2560 --out roster-2.json",
        )
        + "\n\nA member whose keys changed is given again with --member. --set names a value as `roster show --json` "
        "does; lists are given with commas.",
    )(draft)
