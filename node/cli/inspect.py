"""`lancang inspect`: asks drawn at their owner, opened at their requester, and checked anywhere, without a node."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.confirm import confirmed
from node.cli.connection import channel_of
from node.cli.failures import usage
from node.cli.invocation import Invocation, examples, invocation, noun
from node.cli.screen import echo_json, printable
from node.errors import Code, LancangError

if TYPE_CHECKING:
    from node.v1.operator_inspections_pb2_grpc import OperatorInspectionsServiceStub

app = noun("Inspection: whether drawn asks were each about one person. Draw, open, check.")

SECONDS = 60.0


@app.command(
    epilog=examples(
        "lancang --home DIR/th --as auditor inspect draw --peer CN --from 2026-11-01 --until 2026-11-15 "
        '--count 20 --seed "beacon 4711: 9f86d081" --out cn.draw.json',
        "lancang --home DIR/th --as auditor inspect draw --peer CN --from 2026-11-01 --until 2026-11-15 --all "
        "--out cn.draw.json",
        exits="0 drawn, 6 no such ask",
    )
    + "\n\nAt the owner, as auditor. Agree on period and number first; take a seed that became known after that."
)
def draw(
    context: typer.Context,
    peer: Annotated[str, typer.Option("--peer", metavar="CN", help="Whose asks.")],
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="ISO 8601; without a zone: local time.")],
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="The end of the period; it must be over.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the draw.")],
    count: Annotated[int, typer.Option("--count", metavar="N", min=1, max=200, help="How many to draw.")] = 20,
    seed: Annotated[str, typer.Option("--seed", metavar="TEXT", help="What decides which ones.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Draw all of the period, instead of some.")] = False,
    officer: Annotated[str, typer.Option("--officer", metavar="PSEUDONYM", help="Only this officer's asks.")] = "",
    inspector: Annotated[
        str, typer.Option("--inspector", metavar="NAME", help="Whom the alliance sends; the roster names him.")
    ] = "",
) -> None:
    """Draw asks of one member from this node's log, signed by this node."""
    from node.storage.durable_files import write_new
    from node.v1 import operator_inspections_pb2 as messages

    if not every and not seed:
        raise usage("--seed: without one the owner would choose; or give --all")
    request = messages.DrawAsksRequest(
        requester=peer,
        officer=officer,
        from_ms=_moment(start, "--from"),
        until_ms=_moment(until, "--until"),
        count=0 if every else count,
        seed=seed,
        inspector=inspector,
    )
    with _inspections(invocation(context)) as node:
        drawn = node.DrawAsks(request, timeout=SECONDS).draw
    write_new(out, drawn)
    typer.echo(f"Drawn: {out}. Give it to {peer.upper()}'s auditor and to the inspector, unchanged.")


@app.command(
    "open",
    epilog=examples(
        "lancang --home DIR/cn --as auditor inspect open cn.draw.json --to 4f2a...91 --out cn.opening.json",
        "lancang --home DIR/cn --as auditor inspect open cn.draw.json --out cn.opening.json --yes",
        exits="0 opened, 12 the draw was changed, 24 not confirmed",
    )
    + "\n\nAt the requester, as auditor. Without --to the file shows persons to whoever reads it.",
)
def open_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="DRAW", help="The draw, as its owner signed it.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the opening.")],
    to: Annotated[str, typer.Option("--to", metavar="KEY", help="Seal it to this inspector's public key.")] = "",
    own: Annotated[bool, typer.Option("--own", help="The inspector is one of this member's own people.")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="Open nothing, and say so. It is a finding.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
) -> None:
    """Open drawn asks to an inspector: the person that each was about, and what proves it. It can't be undone."""
    from node.storage.durable_files import write_new
    from node.v1 import operator_inspections_pb2 as messages

    at = invocation(context)
    request = messages.OpenAsksRequest(draw=file.read_bytes(), inspector_key=_public(to), refuse=refuse, own=own)
    what = "Refuse to open these asks?" if refuse else "Open these asks? It shows whom they were about."
    confirmed(f"{what} It stands in the log and can't be undone.", yes=yes)
    with _inspections(at) as node:
        opening = node.OpenAsks(request, timeout=SECONDS).opening
    write_new(out, opening)
    sealed = opening.startswith(b'{"sealed"')
    typer.echo(f"{'Refused' if refuse else 'Opened'}: {out}{', sealed to the inspector' if sealed else ''}.")


@app.command(
    epilog=examples(
        "lancang inspect check cn.draw.json cn.opening.json --roster roster.json",
        "lancang inspect check *.json --roster roster.json --key inspector.key --json",
        exits="0 each ask was about one person, 22 a rule was broken, 23 something to be explained",
    )
    + "\n\nAnywhere, without a node and without a network. `python -m node.inspection` is the same program."
)
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILES", help="Draws and their openings, in any order.")],
    roster: Annotated[list[Path], typer.Option("--roster", metavar="FILE", help="Under which they asked. Repeatable.")],
    key: Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Your key, for sealed openings.")] = None,
    subjects: Annotated[bool, typer.Option("--subjects", help="Show whom each ask was about.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say of each drawn ask: tokens of one person and padding, or a finding by name; and what shows across them."""
    from node.inspection.keys import read_key
    from node.inspection.reading import FileRefusedError
    from node.inspection.run import Order, run

    try:
        order = Order(
            files=tuple(path.read_bytes() for path in files),
            rosters=tuple(path.read_bytes() for path in roster),
            key=read_key(key.read_bytes()) if key is not None else None,
            subjects=subjects,
        )
        done = run(order)
    except FileRefusedError as problem:
        raise LancangError(Code.INPUT_INVALID, str(problem), remedy="Ask for the file anew.") from None
    if as_json:
        echo_json(done.as_json())
    else:
        for line in done.in_words():
            typer.echo(printable(line))
    raise typer.Exit(done.exit_code)


@app.command(epilog=examples("lancang inspect key inspector.key"))
def key(file: Annotated[Path, typer.Argument(help="Where to write it. It must not exist yet.")]) -> None:
    """Make an inspector's key. The file stays with the inspector; the public key printed goes to the requesters."""
    from node.inspection.keys import make_key
    from node.storage.durable_files import write_new

    made, public = make_key()
    write_new(file, made)
    typer.echo(f"Public key {public.hex()} - read it to each requester by another way.")


@contextmanager
def _inspections(at: Invocation) -> Iterator[OperatorInspectionsServiceStub]:
    from node.v1.operator_inspections_pb2_grpc import OperatorInspectionsServiceStub

    with channel_of(at, "auditor") as channel:
        yield OperatorInspectionsServiceStub(channel)


def _moment(text: str, option: str) -> int:
    try:
        return int(datetime.fromisoformat(text).astimezone().timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise usage(f"{option}: not a time, such as 2026-11-01 or 2026-11-01T08:00Z") from None


def _public(text: str) -> bytes:
    try:
        public = bytes.fromhex(text)
    except ValueError:
        public = b"?"
    if len(public) not in (0, 32):
        raise usage("--to: a public key has 64 hex digits")
    return public
