"""Passing on: `lancang disclosure onward` asks the owner; `lancang onward` is its desk, where two officers decide."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.confirm import confirmed
from node.cli.connection import SHORT_SECONDS, channel_of
from node.cli.failures import usage
from node.cli.invocation import Invocation, examples, invocation, noun
from node.cli.screen import console, echo_json, iso, local, table
from node.model.disclosure import Ground, Verdict

if TYPE_CHECKING:
    from node.v1.operator_onward_pb2 import Onward, ShowOnwardResponse
    from node.v1.operator_onward_pb2_grpc import OperatorOnwardServiceStub

app = noun("Passing on: another member asks whether a third one may have what it was given. Two officers decide.")

OnwardId = Annotated[str, typer.Argument(metavar="ID", help="The id that the inbox shows, or how it begins.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
ASK_EPILOG = examples(
    'lancang --home DIR/cn disclosure onward 3fa1 --to VN --reason "the same ring works from Hanoi"',
    exits="0 asked, 6 no such request, 18 nothing is held, or it may never be passed on",
)


def ask(
    context: typer.Context,
    request_id: Annotated[str, typer.Argument(metavar="ID", help="The disclosure's id, or how it begins.")],
    to: Annotated[str, typer.Option("--to", metavar="NODE", help="The third member.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it needs it; the owner reads this.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Ask the owner whether what it gave may be passed on to a third member. Wait for its answer before you do."""
    from node.v1 import operator_onward_pb2 as messages

    wanted = messages.AskOnwardRequest(request_id=request_id, to=to.strip().lower(), reason=reason)
    with _onward(invocation(context)) as node:
        made = node.AskOnward(wanted, timeout=SHORT_SECONDS).onward
    if as_json:
        echo_json({"version": 1} | onward_json(made))
        return
    typer.echo(f"Asked {made.peer.upper()}. Pass nothing on before it grants it: `lancang disclosure show` says so.")


@app.command(
    epilog=examples(
        "lancang --home DIR/th onward show 77ab",
        "lancang --home DIR/th onward show 77ab --json",
        exits="0 shown, 6 no such request",
    )
)
def show(
    context: typer.Context,
    onward_id: OnwardId,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show a request to pass on, at the owner: who wants to give what to whom, and why."""
    at = invocation(context)
    found = _shown(at, onward_id)
    if as_json:
        decided = [
            {"officer": one.officer, "role": one.role, "verdict": one.verdict, "at": iso(one.ms)}
            for one in found.decisions
        ]
        said = {"asked": json.loads(found.document), "fields": list(found.fields), "decisions": decided}
        echo_json({"version": 1} | onward_json(found.onward) | said)
        return
    _print(at, found)


@app.command(
    epilog=examples(
        "lancang --home DIR/th onward approve 77ab",
        "lancang --home DIR/th --as approver onward approve 77ab",
        exits="0 approved, 8 a second officer of the other role is needed",
    )
)
def approve(context: typer.Context, onward_id: OnwardId, yes: Yes = False) -> None:
    """Approve that it is passed on to that member. It is granted once two officers have approved."""
    at = invocation(context)
    found = _shown(at, onward_id)
    if not yes:
        _print(at, found)
    confirmed("Approve that it is passed on?", yes=yes)
    done = _decide(at, found, Verdict.APPROVE, None)
    if done.state == "granted":
        typer.echo(f"Granted by two officers: {done.peer.upper()} may pass it on to {done.to.upper()}.")
    else:
        typer.echo("Approved. It is granted once an officer of the other role approves it.")


@app.command(
    epilog=examples(
        "lancang --home DIR/th onward refuse 77ab --ground disproportionate",
        exits="0 refused, 18 it is decided already",
    )
)
def refuse(
    context: typer.Context,
    onward_id: OnwardId,
    ground: Annotated[str, typer.Option("--ground", help="Why, of the closed list that docs/disclosure.md explains.")],
    yes: Yes = False,
) -> None:
    """Refuse it, on one of the grounds. One officer is enough."""
    try:
        chosen = Ground(ground)
    except ValueError:
        raise usage(f"--ground: one of {', '.join(each.value for each in Ground)} expected") from None
    at = invocation(context)
    found = _shown(at, onward_id)
    if not yes:
        _print(at, found)
    confirmed(f"Refuse it? {found.onward.peer.upper()} is told: {chosen.meaning}", yes=yes)
    done = _decide(at, found, Verdict.REFUSE, chosen)
    typer.echo(f"Refused: {done.onward_id[:8]}. {done.peer.upper()} is told the ground.")


def onward_json(one: Onward) -> dict[str, Any]:
    """A request to pass on, at either end."""
    shown: dict[str, Any] = {
        "onward_id": one.onward_id,
        "request_id": one.request_id,
        "peer": one.peer,
        "to": one.to,
        "state": one.state,
        "at": iso(one.ms),
    }
    if one.ended_ms:
        shown["ended"] = iso(one.ended_ms)
    if one.code:
        shown["code"] = one.code
    return shown


def asked_of(at: Invocation, request_id: str) -> Sequence[Onward]:
    """At the requester: what was asked to pass on of a disclosure."""
    from node.v1 import operator_onward_pb2 as messages

    with _onward(at) as node:
        return node.ListOnward(messages.ListOnwardRequest(request_id=request_id), timeout=SHORT_SECONDS).asked


def came_here(at: Invocation, *, every: bool) -> Sequence[Onward]:
    """At the owner: what came."""
    from node.v1 import operator_onward_pb2 as messages

    with _onward(at) as node:
        return node.ListOnward(messages.ListOnwardRequest(every=every), timeout=SHORT_SECONDS).came


def show_asked(at: Invocation, found: Sequence[Onward], *, corrected: bool) -> None:
    """Under a disclosure at its requester. corrected: who was granted it must be told so by the requester."""
    rows = [(one.to.upper(), f"{one.state}: {one.code}" if one.code else one.state, local(one.ms)) for one in found]
    if rows:
        table(console(at), ("Passing on to", "State", "Asked"), rows)
    told = ", ".join(sorted({one.to.upper() for one in found if one.state == "granted"}))
    if corrected and told:
        console(at).print(f"If it was passed on to {told}: tell them of the correction.", style="bold", markup=False)


def show_came(at: Invocation, found: Sequence[Onward]) -> None:
    """Under the inbox of an owner."""
    rows = [
        (one.onward_id[:8], one.peer.upper(), one.to.upper(), one.request_id[:8], one.state, local(one.ms))
        for one in found
    ]
    if rows:
        table(console(at), ("To pass on", "From", "To", "Disclosure", "State", "Came"), rows)


def add_to(root: typer.Typer, disclosure: typer.Typer) -> None:
    """Add the noun, and the asking to the disclosures."""
    root.add_typer(app, name="onward")
    disclosure.command("onward", epilog=ASK_EPILOG)(ask)


def _shown(at: Invocation, onward_id: str) -> ShowOnwardResponse:
    from node.v1 import operator_onward_pb2 as messages

    with _onward(at) as node:
        return node.ShowOnward(messages.ShowOnwardRequest(onward_id=onward_id), timeout=SHORT_SECONDS)


def _print(at: Invocation, found: ShowOnwardResponse) -> None:
    one, said = found.onward, json.loads(found.document)
    rows = [
        ("request", one.onward_id),
        ("from", one.peer.upper()),
        ("to", one.to.upper()),
        ("reason", said["reason"]),
        ("of disclosure", one.request_id),
        ("what was given", ", ".join(found.fields)),
        ("state", one.state),
    ]
    rows += [(f"{each.officer} ({each.role})", f"{each.verdict} {local(each.ms)}") for each in found.decisions]
    table(console(at), ("What", "Value"), rows)


def _decide(at: Invocation, found: ShowOnwardResponse, verdict: Verdict, ground: Ground | None) -> Onward:
    """Sign on exactly the bytes that were shown, here, and send it."""
    from node.exchange.onward import sign_onward_decision
    from node.model.onward import OnwardDecision
    from node.v1 import operator_onward_pb2 as messages

    said, home = json.loads(found.document), at.the_home()
    digest = hashlib.sha256(found.document).digest()
    made = OnwardDecision(
        said["alliance"], said["owner"], said["requester"], digest, at.officer, verdict, found.now_ms, ground
    )
    certificate = ssl.PEM_cert_to_DER_cert(home.officer_certificate(at.officer).read_text(encoding="ascii"))
    signed = sign_onward_decision(made, home.officer_key(at.officer).read_bytes(), certificate)
    request = messages.DecideOnwardRequest(document=signed.document, signature=signed.signature)
    with _onward(at) as node:
        return node.DecideOnward(request, timeout=SHORT_SECONDS).onward


@contextmanager
def _onward(at: Invocation) -> Iterator[OperatorOnwardServiceStub]:
    from node.v1.operator_onward_pb2_grpc import OperatorOnwardServiceStub

    with channel_of(at, "analyst") as channel:
        yield OperatorOnwardServiceStub(channel)
