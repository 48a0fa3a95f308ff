"""`lancang audit verify`: whether an export of a log holds, offline, and up to where others vouch for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.failures import of_file
from node.cli.invocation import examples
from node.cli.screen import echo_json, iso, local
from node.errors import Code, LancangError

if TYPE_CHECKING:
    from node.acts.witnessing.verify_export import ProvenAct, Verified
    from node.model.roster import SignedRoster

ALONE_EXIT = 3
"""It holds, and for its last leaves, or all, there is its owner's word alone."""


def verify(
    file: Annotated[Path, typer.Argument(metavar="EXPORT", help="What `lancang audit export` wrote.")],
    roster: Annotated[
        Path | None, typer.Option("--roster", metavar="FILE", help="The roster that you believe; not the export's own.")
    ] = None,
    witnesses: Annotated[
        int, typer.Option("--witnesses", metavar="N", min=1, help="How many others must vouch for a leaf.")
    ] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print what holds as JSON.")] = False,
) -> None:
    """Check an export without any node: its tree, every signature, and up to which act how many others vouch for it."""
    from node.acts.witnessing.verify_export import verify_export
    from node.clock import SystemClock

    try:
        found = verify_export(file, _roster(roster), SystemClock().now_ms())
    except OSError as problem:
        raise of_file(problem) from None
    enough = next((each.size for each in found.vouched if len(each.witnesses) >= witnesses), 0)
    if as_json:
        echo_json(_json(found))
    else:
        typer.echo("\n".join(_lines(found)))
    raise typer.Exit(0 if enough == found.size else ALONE_EXIT)


def _roster(path: Path | None) -> SignedRoster | None:
    from node.roster.documents import parse_signed

    if path is None:
        return None
    try:
        return parse_signed(path.read_bytes())
    except OSError as problem:
        raise LancangError(Code.FILE_UNREADABLE, f"{path}: {problem.strerror}") from None


def describe(file: Path) -> list[str]:
    """What an export proves, in lines. Raises LancangError if it does not hold."""
    from node.acts.witnessing.verify_export import verify_export
    from node.clock import SystemClock

    return _lines(verify_export(file, None, SystemClock().now_ms()))


def _lines(found: Verified) -> list[str]:
    lines: list[str] = []
    lines.append(f"The log of {found.owner.upper()}, alliance {found.alliance}: {found.size} acts. It holds.")
    lines.append(f"root {found.root.hex()}")
    if found.generations > 1:
        lines.append(f"It was set back {found.generations - 1} times, and says so: look for log-begun-anew in it.")
    whose = "your own roster" if found.anchored else "the export's own roster"
    lines.append(f"Signatures by {whose}, version {found.roster_version}, {found.roster_hash.hex()}")
    if not found.anchored:
        lines.append("  Compare this with the fingerprint that `lancang roster show` gives at a node you trust.")
    for each in found.vouched:
        names = ", ".join(name.upper() for name in each.witnesses)
        number = f"{len(each.witnesses)} of {len(found.others)} others"
        lines.append(f"acts 1 to {each.size}: {number} vouch ({names}), from {local(each.ms)}")
    if found.alone_from <= found.size:
        lines.append(f"acts {found.alone_from} to {found.size}: the owner's word alone")
    for act in found.acts:
        lines += _act_lines(act)
    return lines


def _act_lines(act: ProvenAct) -> list[str]:
    lines: list[str] = []
    leaf = act.leaf
    lines.append(f"act {act.number}: {_kind(leaf.act)}, {local(leaf.ms)}, id {leaf.act_id.hex()}")
    lines.append(f"  by {leaf.actor or 'nobody named'}" + (f", with {leaf.peer.upper()}" if leaf.peer else ""))
    lines += [f"  {field.field.replace('_', ' ')}: {field.value}" for field in act.opened]
    closed = len(leaf.commitments) - len(act.opened)
    if closed:
        lines.append(f"  {closed} more fields, not opened")
    return lines


def _json(found: Verified) -> dict[str, Any]:
    return {
        "version": 1,
        "alliance": found.alliance,
        "owner": found.owner,
        "generation": found.generations,
        "acts": found.size,
        "root": found.root.hex(),
        "roster": {"version": found.roster_version, "hash": found.roster_hash.hex(), "own": found.anchored},
        "vouched": [
            {"acts": each.size, "witnesses": list(each.witnesses), "since": iso(each.ms)} for each in found.vouched
        ],
        "others": list(found.others),
        "owner_alone_from": found.alone_from if found.alone_from <= found.size else None,
        "proven": [
            {
                "number": act.number,
                "kind": _kind(act.leaf.act),
                "at": iso(act.leaf.ms),
                "act_id": act.leaf.act_id.hex(),
                "actor": act.leaf.actor,
                "peer": act.leaf.peer,
                "fields": len(act.leaf.commitments),
                "opened": {field.field: field.value for field in act.opened},
            }
            for act in found.acts
        ],
    }


def _kind(code: int) -> str:
    from node.audit.kinds import CODES

    return next((kind.value for kind, number in CODES.items() if number == code), f"kind {code}")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "lancang audit verify th.log",
            "lancang audit verify act.json --roster roster.json --witnesses 3",
            exits="0 it holds and others vouch for all of it, 3 it holds and the last acts are the owner's word alone, "
            "17 it does not hold",
        )
    )(verify)
