"""`lancang history`: who searched when and for which case; whom, only once two auditors agree."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.connection import SHORT_SECONDS, channel_of
from node.cli.failures import usage
from node.cli.invocation import Invocation, examples, invocation, noun
from node.cli.record import facts
from node.cli.screen import console, echo_json, iso, local, table

if TYPE_CHECKING:
    from node.v1.operator_history_pb2 import PastSearch, Reveal
    from node.v1.operator_history_pb2_grpc import OperatorHistoryServiceStub

app = noun("What this node's officers have searched, for its auditors: never whom, unless two of them agree.")
app.info.no_args_is_help = False
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


@app.callback(invoke_without_command=True)
def history(context: typer.Context) -> None:
    """What this node's officers have searched, for its auditors: never whom, unless two of them agree."""
    if context.invoked_subcommand is None:
        list_(context)


@app.command(
    "list",
    epilog=examples(
        "lancang --home DIR/cn --as auditor history list",
        "lancang --home DIR/cn --as auditor history list --officer analyst --since 2026-11-01 --json",
    ),
)
def list_(
    context: typer.Context,
    officer: Annotated[str, typer.Option("--officer", help="Only this officer's searches.")] = "",
    since: Annotated[str, typer.Option("--since", metavar="DATE", help="From this day on (UTC).")] = "",
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="Before this day (UTC).")] = "",
    as_json: AsJson = False,
) -> None:
    """Show who searched when, for which case and purpose, whom it asked and what was requested after. It is logged."""
    from node.v1 import operator_history_pb2 as messages

    at = invocation(context)
    wanted = messages.ListHistoryRequest(
        officer=officer, from_ms=_day(since, "--since"), until_ms=_day(until, "--until")
    )
    with _history(at) as node:
        found = node.ListHistory(wanted, timeout=SHORT_SECONDS).searches
    if as_json:
        echo_json({"version": 1, "searches": [_search_json(one) for one in found]})
        return
    if not found:
        typer.echo("No search.")
        return
    rows = [
        (
            one.search_id.hex()[:12],
            local(one.ms),
            one.officer,
            one.case_number or "(no longer kept)",
            one.purpose,
            " ".join(member.upper() for member in one.members),
            str(one.requested or ""),
        )
        for one in found
    ]
    table(console(at), ("Search", "When", "Officer", "Case", "Purpose", "Asked", "Requests"), rows)


@app.command(
    epilog=examples(
        'lancang --home DIR/cn --as auditor history reveal SEARCH_ID --reason "complaint 12"',
        exits="0 asked, 6 no such search is kept",
    )
)
def reveal(
    context: typer.Context,
    search_id: Annotated[str, typer.Argument(metavar="SEARCH_ID", help="In full, as --json shows it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is shown to the second auditor.")],
) -> None:
    """Ask to see whom a search was about. A second auditor must agree."""
    from node.v1 import operator_history_pb2 as messages

    with _history(invocation(context)) as node:
        wanted = messages.AskRevealRequest(search_id=_hex(search_id, "SEARCH_ID"), reason=reason)
        made = node.AskReveal(wanted, timeout=SHORT_SECONDS).reveal
    typer.echo(
        f"Asked: {made.reveal_id.hex()}. Another auditor agrees with: lancang history agree {made.reveal_id.hex()}"
    )


@app.command(
    epilog=examples(
        "lancang --home DIR/cn --as auditor-2 history agree REVEAL_ID", exits="0 agreed, 8 it was you who asked"
    )
)
def agree(
    context: typer.Context, reveal_id: Annotated[str, typer.Argument(metavar="REVEAL_ID", help="What was asked.")]
) -> None:
    """Agree that another auditor sees whom a search was about, for a day."""
    from node.v1 import operator_history_pb2 as messages

    with _history(invocation(context)) as node:
        wanted = messages.AgreeToRevealRequest(reveal_id=_hex(reveal_id, "REVEAL_ID"))
        made = node.AgreeToReveal(wanted, timeout=SHORT_SECONDS).reveal
    typer.echo(f"{made.asked_by} may see it for a day: {made.reason}")


@app.command(
    "open",
    epilog=examples("lancang --home DIR/cn --as auditor history open REVEAL_ID", exits="0 shown, 8 nobody has agreed"),
)
def open_(
    context: typer.Context,
    reveal_id: Annotated[str, typer.Argument(metavar="REVEAL_ID", help="What was agreed.")],
    as_json: AsJson = False,
) -> None:
    """See whom a search was about, once a second auditor has agreed. It is logged."""
    from node.v1 import operator_history_pb2 as messages

    at = invocation(context)
    with _history(at) as node:
        wanted = messages.OpenRevealRequest(reveal_id=_hex(reveal_id, "REVEAL_ID"))
        found = node.OpenReveal(wanted, timeout=SHORT_SECONDS)
    subject = json.loads(found.subject)
    if as_json:
        echo_json({"version": 1, "reveal": _reveal_json(found.reveal), "subject": subject})
        return
    table(console(at), ("Subject", ""), facts(subject))


@app.command(epilog=examples("lancang --home DIR/cn --as auditor history reveals"))
def reveals(context: typer.Context, as_json: AsJson = False) -> None:
    """Show what auditors asked to see, why, and who agreed."""
    from node.v1 import operator_history_pb2 as messages

    at = invocation(context)
    with _history(at) as node:
        found = node.ListReveals(messages.ListRevealsRequest(), timeout=SHORT_SECONDS).reveals
    if as_json:
        echo_json({"version": 1, "reveals": [_reveal_json(one) for one in found]})
        return
    rows = [
        (one.reveal_id.hex(), local(one.asked_ms), one.asked_by, one.agreed_by or "nobody yet", one.reason)
        for one in found
    ]
    table(console(at), ("Reveal", "Asked", "By", "Agreed", "Why"), rows)


@contextmanager
def _history(at: Invocation) -> Iterator[OperatorHistoryServiceStub]:
    from node.v1.operator_history_pb2_grpc import OperatorHistoryServiceStub

    with channel_of(at, "auditor") as channel:
        yield OperatorHistoryServiceStub(channel)


def _search_json(one: PastSearch) -> dict[str, Any]:
    return {
        "search_id": one.search_id.hex(),
        "officer": one.officer,
        "at": iso(one.ms),
        "purpose": one.purpose,
        "case": one.case_number,
        "members": list(one.members),
        "answered": one.answered.split(),
        "failed": one.failed.split(),
        "kept": one.kept,
        "requested": one.requested,
    }


def _reveal_json(one: Reveal) -> dict[str, Any]:
    shown = {
        "reveal_id": one.reveal_id.hex(),
        "search_id": one.search_id.hex(),
        "reason": one.reason,
        "asked_by": one.asked_by,
        "asked": iso(one.asked_ms),
    }
    return shown | ({"agreed_by": one.agreed_by, "agreed": iso(one.agreed_ms)} if one.agreed_ms else {})


def _day(text: str, option: str) -> int:
    if not text:
        return 0
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        raise usage(f"{option}: a date such as 2026-11-01 is expected") from None


def _hex(text: str, what: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise usage(f"{what}: hexadecimal digits are expected") from None
