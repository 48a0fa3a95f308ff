"""`lancang disclosure` and `lancang inbox`: after a hit, at the requester and at the owner's desk."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.confirm import confirmed
from node.cli.connection import SHORT_SECONDS, channel_of
from node.cli.invocation import Invocation, examples, invocation, noun
from node.cli.screen import console, echo_json, local, table
from node.errors import Code

if TYPE_CHECKING:
    from node.v1.operator_disclosures_pb2_grpc import OperatorDisclosuresServiceStub

app = noun("After a hit: ask its owner for the record (at the requester); decide on what is asked (at the owner).")

_FIELDS = "names,birth_date,sex,nationality,documents,phones,accounts"
RequestId = Annotated[str, typer.Argument(metavar="ID", help="The request's id, or how it begins.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def add_to(root: typer.Typer) -> None:
    """Add the inbox, which is a command of its own."""
    root.add_typer(app, name="disclosure")
    root.command(
        "inbox",
        epilog=examples(
            "lancang --home DIR/th inbox", "lancang --home DIR/th inbox --all --json", exits="0 shown, empty or not"
        ),
    )(inbox)


@app.command(
    epilog=examples(
        'lancang --home DIR/cn disclosure request HIT_ID --legal-basis "MLAT 2003, art. 4" \\',
        '    --necessity "held in Myawaddy, to be identified" --urgency urgent --fields names,documents',
        "lancang disclosure request HIT_ID --legal-basis L --necessity - < why.txt",
        exits="0 sent, 6 no such hit, 18 the hit proves too little, or was asked for before",
    )
    + "\n\nWhat you write as an argument is seen by every process of this machine: --necessity - reads it instead."
)
def request(
    context: typer.Context,
    hit_id: Annotated[str, typer.Argument(metavar="HIT_ID", help="The hit's id, from the result of a search.")],
    legal_basis: Annotated[str, typer.Option("--legal-basis", help="The law or treaty it is asked under.")],
    necessity: Annotated[str, typer.Option("--necessity", help="Why it is needed; - reads standard input.")],
    urgency: Annotated[
        str, typer.Option("--urgency", help="urgent (8 hours), priority (3 days) or routine (7 days).")
    ] = "routine",
    fields: Annotated[str, typer.Option("--fields", help=f"What is asked for, of {_FIELDS}.")] = "names,birth_date",
    tell: Annotated[
        str, typer.Option("--tell", help="What of your subject the owner's officers may see; none for nothing.")
    ] = "names,birth_date",
    character: Annotated[
        str, typer.Option("--character", help="ordinary; a political, military, religious or racial case is refused.")
    ] = "ordinary",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Ask a hit's owner for fields of its record. The owner then learns that you asked about somebody like it."""
    from node.cli.disclosure_screen import disclosure_json
    from node.v1 import operator_disclosures_pb2 as messages

    told = [] if tell.strip() == "none" else between_commas(tell)
    wanted = messages.RequestDisclosureRequest(
        hit_id=hit_id.strip().lower(),
        legal_basis=legal_basis,
        necessity=sys.stdin.read(10_000).strip() if necessity == "-" else necessity,
        urgency=urgency,
        fields=between_commas(fields),
        tell=told,
        character=character,
    )
    if not yes and necessity != "-":
        shown = ", ".join(told).replace("_", " ") or "nothing"
        typer.echo(f"The owner learns that you asked about this record, and of your subject: {shown}.", err=True)
        confirmed("The case is not of political, military, religious or racial character. Send it?", yes=False)
    with disclosures(invocation(context)) as node:
        made = node.RequestDisclosure(wanted, timeout=SHORT_SECONDS).disclosure
    if as_json:
        echo_json({"version": 1} | disclosure_json(made))
        return
    typer.echo(f"Sent to {made.owner.upper()}: request {made.request_id}. It is no identification before they answer.")
    typer.echo(f"Follow it: lancang disclosure show {made.request_id[:8]}")


@app.command("list", epilog=examples("lancang --home DIR/cn disclosure list", "lancang disclosure list --json"))
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the requests of this node, newest first. What others ask of it: `lancang inbox`."""
    from node.cli.disclosure_screen import called, disclosure_json, how_it_stands
    from node.v1 import operator_disclosures_pb2 as messages

    at = invocation(context)
    with disclosures(at) as node:
        found = node.ListDisclosures(messages.ListDisclosuresRequest(), timeout=SHORT_SECONDS).disclosures
    if as_json:
        echo_json({"version": 1, "disclosures": [disclosure_json(each) for each in found]})
        return
    if not found:
        typer.echo("No request was made here.")
        return
    rows = [
        (
            one.request_id[:8],
            one.owner.upper(),
            one.urgency,
            how_it_stands(one),
            local(one.made_ms),
            local(one.due_ms),
            called(one.events),
        )
        for one in found
    ]
    table(console(at), ("Request", "Owner", "Urgency", "State", "Made", "Due", "Duty desk"), rows)


@app.command(
    epilog=examples(
        "lancang --home DIR/cn disclosure show 3fa1",
        "lancang --home DIR/th disclosure show 3fa1 --json",
        exits="0 shown, 6 no such request",
    )
)
def show(context: typer.Context, request_id: RequestId, as_json: AsJson = False) -> None:
    """Show a request: how it stands at the requester; what is asked and would be given at the owner (logged)."""
    import grpc

    from node.cli.disclosure_screen import own_request_json, show_entry, show_own_request
    from node.cli.onward import asked_of, onward_json, show_asked
    from node.v1 import operator_disclosures_pb2 as messages
    from node.wire.status import from_rpc_error

    at = invocation(context)
    with disclosures(at) as node:
        try:
            found = node.ShowDisclosure(messages.ShowDisclosureRequest(request_id=request_id), timeout=SHORT_SECONDS)
        except grpc.RpcError as problem:
            if from_rpc_error(problem).code is not Code.REQUEST_UNKNOWN:
                raise
            entry = node.ShowInboxEntry(messages.ShowInboxEntryRequest(request_id=request_id), timeout=SHORT_SECONDS)
            show_entry(at, entry, as_json)
            return
    onward = asked_of(at, found.disclosure.request_id)
    if as_json:
        echo_json(own_request_json(found) | {"onward": [onward_json(each) for each in onward]})
    else:
        show_own_request(at, found)
        show_asked(at, onward, corrected=bool(found.disclosure.correction))


@app.command(
    epilog=examples(
        "lancang --home DIR/cn disclosure read 3fa1",
        "lancang disclosure read 3fa1 --json",
        exits="0 shown, 6 no such request, 18 nothing was given, or it is erased",
    )
)
def read(context: typer.Context, request_id: RequestId, as_json: AsJson = False) -> None:
    """Read what an owner has given, with its conditions. The owner gets a receipt; reading is logged."""
    from node.cli.disclosure_screen import read_json, show_read
    from node.v1 import operator_disclosures_pb2 as messages

    at = invocation(context)
    with disclosures(at) as node:
        found = node.ReadDisclosure(messages.ReadDisclosureRequest(request_id=request_id), timeout=SHORT_SECONDS)
    if as_json:
        echo_json(read_json(found))
    else:
        show_read(at, found)


@app.command(
    epilog=examples("lancang --home DIR/cn disclosure withdraw 3fa1", exits="0 withdrawn, 18 it is decided already")
)
def withdraw(context: typer.Context, request_id: RequestId, yes: Yes = False) -> None:
    """Tell the owner that a request is no longer needed."""
    from node.v1 import operator_disclosures_pb2 as messages

    confirmed("A hit can be asked for once only. Withdraw the request?", yes=yes)
    with disclosures(invocation(context)) as node:
        wanted = messages.WithdrawDisclosureRequest(request_id=request_id)
        done = node.WithdrawDisclosure(wanted, timeout=SHORT_SECONDS).disclosure
    typer.echo(f"Withdrawn: request {done.request_id[:8]}. {done.owner.upper()} is told.")


@app.command(epilog=examples("lancang --home DIR/th disclosure take 3fa1", exits="0 taken, 18 it is decided already"))
def take(context: typer.Context, request_id: RequestId) -> None:
    """Say that you work on a request; a deputy takes it over with the same words."""
    from node.v1 import operator_disclosures_pb2 as messages

    with disclosures(invocation(context)) as node:
        wanted = messages.TakeInboxEntryRequest(request_id=request_id)
        done = node.TakeInboxEntry(wanted, timeout=SHORT_SECONDS).entry
    typer.echo(f"Request {done.request_id[:8]} is held by {done.holder}.")


@app.command(
    epilog=examples("lancang --home DIR/cn disclosure escalate 3fa1", exits="0 called, 18 it is decided already")
)
def escalate(context: typer.Context, request_id: RequestId) -> None:
    """Call the duty desks of both sides, from either: the request is marked there, and in both logs."""
    from node.v1 import operator_disclosures_pb2 as messages

    with disclosures(invocation(context)) as node:
        wanted = messages.EscalateDisclosureRequest(request_id=request_id)
        done = node.EscalateDisclosure(wanted, timeout=SHORT_SECONDS)
    typer.echo(f"Marked for the duty desk here; {done.peer.upper()} is told.")


@app.command(
    epilog=examples("lancang --home DIR/th disclosure confirm 3fa1", exits="0 confirmed, 18 it is decided already")
)
def confirm(context: typer.Context, request_id: RequestId, yes: Yes = False) -> None:
    """Say that it is likely the same person, and give nothing. Of an urgent request the data is due in 48 hours."""
    from node.cli.decide import decide_to_confirm

    decide_to_confirm(invocation(context), request_id, yes)


@app.command(
    epilog=examples(
        "lancang --home DIR/th disclosure approve 3fa1 --handling H1 --source B --certainty 2 --retain-days 90",
        "lancang --home DIR/th --as approver disclosure approve 3fa1",
        exits="0 approved, 8 a second officer of the other role is needed, 12 the record changed meanwhile",
    )
    + "\n\nThe second officer approves what the first one approved; he needs to name no conditions."
)
def approve(
    context: typer.Context,
    request_id: RequestId,
    fields: Annotated[str | None, typer.Option("--fields", help="Give these only. Default: all asked for.")] = None,
    handling: Annotated[str | None, typer.Option("--handling", help="H0 to H3.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="The source: A, B, C or X.")] = None,
    certainty: Annotated[str | None, typer.Option("--certainty", help="The information: 1 to 4.")] = None,
    uses: Annotated[str | None, typer.Option("--uses", help="Purposes. Default: the request's.")] = None,
    onward: Annotated[str | None, typer.Option("--onward", help="never (default), or ask.")] = None,
    retain_days: Annotated[
        int | None, typer.Option("--retain-days", min=1, max=3_660, help="Erased there after so many days.")
    ] = None,
    words: Annotated[str | None, typer.Option("--words", help="A further condition, in your words.")] = None,
    yes: Yes = False,
) -> None:
    """Approve giving fields of the record, under conditions. It is given once two officers have approved the same."""
    from node.cli.decide import Conditions, decide_to_give

    asked = Conditions(fields, handling, source, certainty, uses, onward, retain_days, words)
    decide_to_give(invocation(context), request_id, asked, yes)


@app.command(
    epilog=examples(
        "lancang --home DIR/th disclosure refuse 3fa1 --ground disproportionate",
        exits="0 refused, 18 it is decided already",
    )
)
def refuse(
    context: typer.Context,
    request_id: RequestId,
    ground: Annotated[str, typer.Option("--ground", help="Why, of the closed list that docs/disclosure.md explains.")],
    yes: Yes = False,
) -> None:
    """Refuse a request, on one of the grounds. One officer is enough; the requester is told the ground and no more."""
    from node.cli.decide import decide_to_refuse

    decide_to_refuse(invocation(context), request_id, ground, yes)


def inbox(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what other members ask of this node's records, the soonest due first, and what they ask to pass on."""
    from node.cli.disclosure_screen import called, entry_json, time_left
    from node.cli.onward import came_here, onward_json, show_came
    from node.v1 import operator_disclosures_pb2 as messages

    at = invocation(context)
    with disclosures(at) as node:
        found = node.ListInbox(messages.ListInboxRequest(every=every), timeout=SHORT_SECONDS).entries
    onward = came_here(at, every=every)
    if as_json:
        came = [onward_json(each) for each in onward]
        echo_json({"version": 1, "requests": [entry_json(each) for each in found], "onward": came})
        return
    show_came(at, onward)
    if not found and not onward:
        typer.echo("Nothing is asked of this node." if every else "Nothing waits here.")
        return
    rows = [
        (
            one.request_id[:8],
            one.requester.upper(),
            one.urgency,
            one.state,
            time_left(one),
            one.holder or "nobody",
            called(one.events),
        )
        for one in found
    ]
    if rows:
        table(console(at), ("Request", "From", "Urgency", "State", "Time left", "Held by", "Duty desk"), rows)


@contextmanager
def disclosures(at: Invocation) -> Iterator[OperatorDisclosuresServiceStub]:
    """The running node's service of disclosures, as the officer named or else the analyst."""
    from node.v1.operator_disclosures_pb2_grpc import OperatorDisclosuresServiceStub

    with channel_of(at, "analyst") as channel:
        yield OperatorDisclosuresServiceStub(channel)


def between_commas(text: str) -> list[str]:
    """What stands between commas."""
    return [word for word in (each.strip() for each in text.split(",")) if word]
