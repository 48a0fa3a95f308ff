"""How disclosures look: for people with the category first and the conditions in words, for programs as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from node.cli.record import facts
from node.cli.result_screen import in_words
from node.cli.screen import console, echo_json, iso, local, table
from node.model.disclosure import Certainty, Event, Ground, HandlingCode, Source

if TYPE_CHECKING:
    from node.cli.invocation import Invocation
    from node.v1.operator_disclosures_pb2 import (
        Disclosure,
        InboxEntry,
        ReadDisclosureResponse,
        RequestEvent,
        ShowDisclosureResponse,
        ShowInboxEntryResponse,
    )

LEAD = "A match is a lead, not an identification: compare what you hold with what is given before anybody acts on it."
_HOUR_MS = 3_600_000
_PROTECTED = frozenset({"victim", "witness", "missing"})


def disclosure_json(one: Disclosure) -> dict[str, Any]:
    """A request at its requester."""
    shown: dict[str, Any] = {
        "request_id": one.request_id,
        "hit_id": one.hit_id,
        "owner": one.owner,
        "officer": one.officer,
        "urgency": one.urgency,
        "state": one.state,
        "made": iso(one.made_ms),
        "expires": iso(one.expires_ms),
    }
    if one.due_ms:
        shown["due"] = iso(one.due_ms)
    if one.ended_ms:
        shown["ended"] = iso(one.ended_ms)
    if one.retain_until_ms:
        shown["retain_until"] = iso(one.retain_until_ms)
    if one.code:
        shown["code"] = one.code
    if one.events:
        shown["events"] = _events_json(one.events)
    if one.correction:
        shown["correction"] = {"kind": one.correction, "at": iso(one.corrected_ms), "unseen": one.correction_unseen}
    return shown


def entry_json(one: InboxEntry) -> dict[str, Any]:
    """A request at its owner."""
    return {
        "request_id": one.request_id,
        "requester": one.requester,
        "urgency": one.urgency,
        "state": one.state,
        "received": iso(one.received_ms),
        "due": iso(one.due_ms),
        "expires": iso(one.expires_ms),
        "holder": one.holder,
        "events": _events_json(one.events),
    }


def own_request_json(found: ShowDisclosureResponse) -> dict[str, Any]:
    """A request at its requester, with what was asked."""
    return {"version": 1} | disclosure_json(found.disclosure) | {"request": json.loads(found.document or b"{}")}


def read_json(found: ReadDisclosureResponse) -> dict[str, Any]:
    """What was given."""
    content = json.loads(found.content)
    return {
        "version": 1,
        "disclosure": disclosure_json(found.disclosure),
        "category": content["category"],
        "minor": content["minor"],
        "fields": content["fields"],
        "handling": json.loads(found.handling),
        "officers": list(found.officers),
    }


def called(events: Sequence[RequestEvent]) -> str:
    """Which events call the duty desk."""
    return ", ".join(dict.fromkeys(one.event for one in events if Event(one.event).calls_duty_desk))


def _events_json(events: Sequence[RequestEvent]) -> list[dict[str, str]]:
    return [{"event": one.event, "at": iso(one.ms)} for one in events]


def how_it_stands(one: Disclosure) -> str:
    """State and reason, and whether what was given has been corrected since."""
    stands = f"{one.state}: {one.code}" if one.code else one.state
    if not one.correction:
        return stands
    return f"{stands}, {'CORRECTED' if one.correction_unseen else 'corrected'} {local(one.corrected_ms)}"


def correction_words(one: Disclosure) -> str:
    """What a correction means to whoever has read what was given."""
    when, owner = local(one.corrected_ms), one.owner.upper()
    if one.correction == "erased":
        return f"ERASED BY THE OWNER on {when}: {owner} holds the record no more. Erase what you took from it."
    return f"CORRECTED BY THE OWNER on {when}: what you read before no longer holds. Correct what you took from it."


def time_left(one: InboxEntry, now_ms: int = 0) -> str:
    """Until it is due, in hours; since when it is overdue."""
    if one.ended_ms:
        return ""
    import time

    hours = (one.due_ms - (now_ms or time.time() * 1000)) / _HOUR_MS
    return f"{hours:.0f} h" if hours >= 0 else f"OVERDUE by {-hours:.0f} h"


def show_own_request(at: Invocation, found: ShowDisclosureResponse) -> None:
    """A request at its requester."""
    one, said = found.disclosure, json.loads(found.document or b"{}")
    rows = [
        ("request", one.request_id),
        ("owner", one.owner.upper()),
        ("state", how_it_stands(one)),
        ("hit", one.hit_id),
        ("made", f"{local(one.made_ms)} by {one.officer}"),
        ("due", local(one.due_ms) or "not yet taken in by the owner"),
        *_asked(said),
    ]
    if one.state == "refused" and one.code:
        rows.append(("ground", Ground(one.code).meaning))
    rows += [(local(event.ms), event.meaning) for event in one.events]
    if one.retain_until_ms:
        rows.append(("copy is erased", local(one.retain_until_ms)))
    to = console(at)
    if one.correction:
        to.print(correction_words(one), style="bold", markup=False)
    table(to, ("What", "Value"), rows)


def show_entry(at: Invocation, found: ShowInboxEntryResponse, as_json: bool) -> None:
    """A request at its owner's desk: the category first, then what is asked, how it agrees, and what stands here."""
    said, record = json.loads(found.document), json.loads(found.record or b"{}")
    if as_json:
        echo_json(_shown_json(found, said, record))
        return
    to = console(at)
    for warning in warnings(found, record):
        to.print(warning, style="bold", markup=False)
    rows = [
        ("request", found.entry.request_id),
        ("from", f"{found.entry.requester.upper()}, officer {said['officer'][:8]}"),
        ("state", found.entry.state),
        ("time left", time_left(found.entry, found.now_ms)),
        ("held by", found.entry.holder or "nobody"),
        *((f"{local(one.ms)}", one.meaning) for one in found.entry.events),
        *_asked(said),
        ("proof shows", in_words(found.agreed)),
    ]
    table(to, ("What is asked", ""), rows)
    told = json.loads(said["told"])
    if told:
        table(to, ("What they say of their subject", ""), facts(told))
        table(to, ("How it agrees", ""), [(one.what, one.how) for one in found.compared])
    table(to, ("What stands here now", ""), facts(record) or [("record", "it is gone")])
    if found.decisions:
        table(to, ("Officer", "Role", "Decision", "When"), _decided(found))
    to.print(LEAD, markup=False)


def warnings(found: ShowInboxEntryResponse, record: dict[str, Any]) -> Iterator[str]:
    """What an officer must see before anything else."""
    category = record.get("category")
    if category in _PROTECTED:
        yield f"{category.upper()}: this person is not to be treated, or disclosed, as a suspect."
    elif category:
        yield f"Category here: {category}."
    if found.minor:
        yield "MINOR: by the birth date that stands here this person is under 18."
    if found.changed:
        yield "CHANGED: the record is not what it was when the match was made. Compare anew."


def show_read(at: Invocation, found: ReadDisclosureResponse) -> None:
    """What was given, under the conditions it was given under."""
    content, handling = json.loads(found.content), json.loads(found.handling)
    to = console(at)
    category = str(content["category"])
    to.print(
        f"{category.upper()}: not to be treated as a suspect." if category in _PROTECTED else f"Category: {category}.",
        style="bold",
        markup=False,
    )
    if content["minor"]:
        to.print("MINOR: by its owner's record this person is under 18.", style="bold", markup=False)
    if found.disclosure.correction:
        to.print(correction_words(found.disclosure), style="bold", markup=False)
    table(to, (f"Given by {found.disclosure.owner.upper()}", ""), facts(content["fields"]))
    table(to, ("Conditions", ""), list(conditions(handling)))
    to.print(f"Approved by {' and '.join(found.officers)}. {LEAD}", markup=False)


def conditions(handling: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Handling in words."""
    code, source = HandlingCode(handling["code"]), Source(handling["source"])
    yield "handling", f"{code.value}: {code.meaning}"
    yield "source", f"{source.value}: {source.meaning}"
    yield "information", f"{handling['certainty']}: {Certainty(handling['certainty']).meaning}"
    yield "may be used for", ", ".join(handling["uses"])
    yield "passing on", "never" if handling["onward"] == "never" else "only after the owner has agreed"
    yield "erased here on", local(handling["retain_until_ms"])
    if handling["words"]:
        yield "condition", handling["words"]


def _asked(said: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if said:
        yield "purpose", said["purpose"]
        yield "legal basis", said["legal_basis"]
        yield "necessity", said["necessity"]
        yield "urgency", said["urgency"]
        yield "asks for", ", ".join(said["fields"])


def _decided(found: ShowInboxEntryResponse) -> list[tuple[str, str, str, str]]:
    return [(one.officer, one.role, one.verdict, local(one.ms)) for one in found.decisions]


def _shown_json(found: ShowInboxEntryResponse, said: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": 1,
        **entry_json(found.entry),
        "category": record.get("category", "unknown"),
        "minor": found.minor,
        "changed": found.changed,
        "agreed": list(found.agreed),
        "compared": {one.what: one.how for one in found.compared},
        "request": said,
        "record": record,
        "decisions": [
            {"officer": one.officer, "role": one.role, "verdict": one.verdict, "at": iso(one.ms)}
            for one in found.decisions
        ],
    }
