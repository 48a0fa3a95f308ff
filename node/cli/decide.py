"""Deciding at the owner's desk: what is shown is what is signed, here, with the officer's own key."""

from __future__ import annotations

import hashlib
import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from node.cli.confirm import confirmed
from node.cli.connection import SHORT_SECONDS
from node.cli.disclosure import between_commas, disclosures
from node.cli.disclosure_screen import conditions, show_entry, warnings
from node.cli.failures import usage
from node.cli.record import facts
from node.cli.screen import console, local, table
from node.errors import Code, LancangError
from node.exchange.decision import content_document, content_hash, read_decision, sign_decision
from node.exchange.disclosure import handling_document
from node.model.disclosure import (
    Certainty,
    Decision,
    Field,
    Ground,
    Handling,
    HandlingCode,
    Onward,
    Source,
    Verdict,
)

if TYPE_CHECKING:
    from enum import StrEnum

    from node.cli.invocation import Invocation
    from node.v1.operator_disclosures_pb2 import InboxEntry, ShowInboxEntryResponse

    E = TypeVar("E", bound=StrEnum)

_DAY_MS = 86_400_000
_USUAL_DAYS = 90


@dataclass(frozen=True, slots=True)
class Conditions:
    """What an officer said about giving; None where he said nothing."""

    fields: str | None
    handling: str | None
    source: str | None
    certainty: str | None
    uses: str | None
    onward: str | None
    retain_days: int | None
    words: str | None

    @property
    def silent(self) -> bool:
        """Whether nothing was said."""
        said = (self.fields, self.handling, self.source, self.certainty, self.uses, self.onward, self.words)
        return all(each is None for each in said) and self.retain_days is None


def decide_to_give(at: Invocation, request_id: str, asked: Conditions, yes: bool) -> None:
    """Show the request and what would be given, ask, sign, send. Raises what the node answers."""
    found = _shown(at, request_id)
    before = _first_approval(at, found, asked.silent)
    fields, handling = (before.fields, before.handling) if before and asked.silent else _terms(found, asked)
    if handling is None:
        raise usage("the first approval names no conditions: name them")
    content = content_document(json.loads(found.record or b"{}"), fields, found.salt, minor=found.minor)
    if not yes:
        show_entry(at, found, as_json=False)
        to = console(at)
        table(to, ("What would be given", ""), [("category", content["category"]), *facts(content["fields"])])
        table(to, ("Conditions", ""), list(conditions(handling_document(handling))))
        for warning in warnings(found, json.loads(found.record or b"{}")):
            to.print(warning, style="bold", markup=False)
        confirmed(
            f"Approve giving this to {found.entry.requester.upper()}? It can't be taken back once it is given.",
            yes=False,
        )
    made = _decision(at, found, Verdict.APPROVE, fields=fields, content=content_hash(content), handling=handling)
    entry = _send(at, made)
    if entry.state == "disclosed":
        typer.echo(f"Approved by two officers: sealed and sent to {entry.requester.upper()}.")
    else:
        typer.echo("Approved. It is given once an officer of the other role approves the same.")


def decide_to_refuse(at: Invocation, request_id: str, ground: str, yes: bool) -> None:
    """Show the request, ask, sign the refusal, send. Raises what the node answers."""
    chosen = _choice(Ground, ground, "--ground")
    found = _shown(at, request_id)
    if not yes:
        show_entry(at, found, as_json=False)
        confirmed(f"Refuse it? {found.entry.requester.upper()} is told: {chosen.meaning}", yes=False)
    entry = _send(at, _decision(at, found, Verdict.REFUSE, ground=chosen))
    typer.echo(f"Refused: request {entry.request_id[:8]}. {entry.requester.upper()} is told the ground.")


def decide_to_confirm(at: Invocation, request_id: str, yes: bool) -> None:
    """Show the request, ask, sign that it is likely the same person, send. Raises what the node answers."""
    found = _shown(at, request_id)
    if not yes:
        show_entry(at, found, as_json=False)
        confirmed(
            f"Tell {found.entry.requester.upper()} that it is likely the same person? Nothing else is given.", yes=False
        )
    entry = _send(at, _decision(at, found, Verdict.CONFIRM))
    typer.echo(f"Confirmed: request {entry.request_id[:8]}. The data is due {local(entry.due_ms)}.")


def _shown(at: Invocation, request_id: str) -> ShowInboxEntryResponse:
    from node.v1 import operator_disclosures_pb2 as messages

    with disclosures(at) as node:
        return node.ShowInboxEntry(messages.ShowInboxEntryRequest(request_id=request_id), timeout=SHORT_SECONDS)


def _first_approval(at: Invocation, found: ShowInboxEntryResponse, silent: bool) -> Decision | None:
    """What another officer has approved. Raises SAME_OFFICER where this one did, and nobody else."""
    approved = [one.officer for one in found.decisions if one.verdict == Verdict.APPROVE]
    if approved == [at.officer] and silent:
        raise LancangError(Code.SAME_OFFICER, f"{at.officer} has approved it already")
    given = [one.document for one in found.decisions if one.verdict == Verdict.APPROVE and one.officer != at.officer]
    return read_decision(given[0]) if given else None


def _terms(found: ShowInboxEntryResponse, asked: Conditions) -> tuple[tuple[Field, ...], Handling]:
    """Fields and conditions as said, the rest as usual."""
    said: dict[str, Any] = json.loads(found.document)
    names = said["fields"] if asked.fields is None else between_commas(asked.fields)
    for option, value in (("--handling", asked.handling), ("--source", asked.source), ("--certainty", asked.certainty)):
        if value is None:
            raise usage(f"{option}: say it, or let the first officer say it (docs/disclosure.md)")
    days = asked.retain_days or _USUAL_DAYS
    handling = Handling(
        code=_choice(HandlingCode, asked.handling, "--handling"),
        source=_choice(Source, asked.source, "--source"),
        certainty=_choice(Certainty, asked.certainty, "--certainty"),
        uses=tuple([said["purpose"]] if asked.uses is None else between_commas(asked.uses)),
        onward=_choice(Onward, asked.onward or Onward.NEVER.value, "--onward"),
        retain_until_ms=found.now_ms + days * _DAY_MS,
        words=asked.words or "",
    )
    return tuple(_choice(Field, name, "--fields") for name in names), handling


def _decision(at: Invocation, found: ShowInboxEntryResponse, verdict: Verdict, **terms: Any) -> Decision:
    """The decision on exactly the bytes that were shown."""
    said = json.loads(found.document)
    return Decision(
        alliance=said["alliance"],
        owner=said["owner"],
        requester=said["requester"],
        request=hashlib.sha256(found.document).digest(),
        officer=at.officer,
        verdict=verdict,
        made_ms=found.now_ms,
        **terms,
    )


def _send(at: Invocation, made: Decision) -> InboxEntry:
    from node.v1 import operator_disclosures_pb2 as messages

    home = at.the_home()
    key = home.officer_key(at.officer).read_bytes()
    certificate = ssl.PEM_cert_to_DER_cert(home.officer_certificate(at.officer).read_text(encoding="ascii"))
    signed = sign_decision(made, key, certificate)
    request = messages.DecideInboxEntryRequest(document=signed.document, signature=signed.signature)
    with disclosures(at) as node:
        return node.DecideInboxEntry(request, timeout=SHORT_SECONDS).entry


def _choice(kind: type[E], value: str | None, option: str) -> E:
    try:
        return kind(value)  # type: ignore[arg-type]  # None is no member either
    except ValueError:
        raise usage(f"{option}: one of {', '.join(each.value for each in kind)} expected") from None
