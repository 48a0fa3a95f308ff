"""Messages of disclosures <-> model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TypeVar

import rfc8785

from matcher.agreement import NameAgreement, PlainAgreement
from node.acts.disclosing.answers import Disclosed
from node.acts.disclosing.desk import ShownRequest
from node.acts.disclosing.request import Wanted
from node.errors import Code, LancangError
from node.exchange.decision import decode_signed
from node.exchange.disclosure import handling_document
from node.exchange.documents import read_document
from node.model.disclosure import Character, Field, Noted, Urgency
from node.storage.corrections import CameCorrection
from node.storage.requests_in import KeptDecision, RequestIn
from node.storage.requests_out import RequestOut
from node.v1 import operator_disclosures_pb2 as messages

_BEGINNING = re.compile(r"[0-9a-f]{1,32}")
_MOST_NAMES = 16

Choice = TypeVar("Choice", bound=StrEnum)


def beginning(request_id: str) -> str:
    """An id, or how it begins. Raises LancangError REQUEST_UNKNOWN."""
    if not _BEGINNING.fullmatch(request_id):
        raise LancangError(Code.REQUEST_UNKNOWN, "an id is written in hex")
    return request_id


def wanted_from_message(message: messages.RequestDisclosureRequest) -> Wanted:
    """Decode. Raises LancangError INPUT_INVALID naming the field."""
    if len(message.tell) > _MOST_NAMES or len(message.fields) > _MOST_NAMES:
        raise LancangError(Code.INPUT_INVALID, f"fields, tell: at most {_MOST_NAMES} each")
    return Wanted(
        hit_id=message.hit_id,
        legal_basis=message.legal_basis,
        necessity=message.necessity,
        urgency=_choice(Urgency, message.urgency, "urgency"),
        character=_choice(Character, message.character, "character"),
        fields=tuple(dict.fromkeys(_choice(Field, each, "fields") for each in message.fields)),
        tell=tuple(dict.fromkeys(message.tell)),
    )


def disclosure_to_message(kept: RequestOut, events: Sequence[Noted] = ()) -> messages.Disclosure:
    """Encode."""
    return messages.Disclosure(
        request_id=kept.request_id.hex(),
        hit_id=kept.hit_id.hex(),
        owner=kept.owner,
        officer=kept.officer,
        urgency=kept.urgency.value,
        state=kept.state.value,
        made_ms=kept.made_ms,
        due_ms=kept.due_ms,
        expires_ms=kept.expires_ms,
        ended_ms=kept.ended_ms,
        retain_until_ms=kept.retain_until_ms,
        code=kept.code,
        events=map(_event_to_message, events),
    )


def with_correction(message: messages.Disclosure, correction: CameCorrection | None) -> messages.Disclosure:
    """Say in a message what the newest correction was, None where none came; returns the message."""
    if correction is not None:
        message.correction = correction.kind.value
        message.corrected_ms = correction.received_ms
        message.correction_unseen = not correction.seen_ms
    return message


def own_request_to_message(kept: RequestOut, events: Sequence[Noted]) -> messages.ShowDisclosureResponse:
    """Encode."""
    document = read_document(kept.document).canonical if kept.document else b""
    return messages.ShowDisclosureResponse(disclosure=disclosure_to_message(kept, events), document=document)


def disclosed_to_message(kept: RequestOut, disclosed: Disclosed) -> messages.ReadDisclosureResponse:
    """Encode. The salt stays here."""
    content = {name: disclosed.content.get(name) for name in ("category", "minor", "fields")}
    return messages.ReadDisclosureResponse(
        disclosure=disclosure_to_message(kept),
        content=json.dumps(content, ensure_ascii=False).encode(),
        handling=rfc8785.dumps(handling_document(disclosed.handling)),
        officers=[each.decision.officer for each in disclosed.decisions],
    )


def entry_to_message(kept: RequestIn, events: Sequence[Noted] = ()) -> messages.InboxEntry:
    """Encode."""
    return messages.InboxEntry(
        request_id=kept.request_id.hex(),
        requester=kept.requester,
        urgency=kept.urgency.value,
        state=kept.state.value,
        received_ms=kept.received_ms,
        due_ms=kept.due_ms,
        expires_ms=kept.expires_ms,
        ended_ms=kept.ended_ms,
        holder=kept.holder,
        events=map(_event_to_message, events),
    )


def _event_to_message(noted: Noted) -> messages.RequestEvent:
    return messages.RequestEvent(event=noted.event.value, meaning=noted.event.meaning, ms=noted.ms)


def shown_to_message(shown: ShownRequest) -> messages.ShowInboxEntryResponse:
    """Encode."""
    received = shown.kept.received
    return messages.ShowInboxEntryResponse(
        entry=entry_to_message(shown.kept, shown.events),
        document=shown.document,
        record=json.dumps(shown.record, ensure_ascii=False).encode() if shown.record else b"",
        changed=shown.changed,
        minor=shown.minor,
        agreed=received.kinds if received is not None else (),
        compared=[] if shown.agreement is None else _compared(shown.agreement),
        salt=received.salt if received is not None else b"",
        decisions=map(_decision_to_message, shown.decisions.values()),
        now_ms=shown.now_ms,
    )


def _decision_to_message(kept: KeptDecision) -> messages.MadeDecision:
    return messages.MadeDecision(
        officer=kept.officer,
        role=kept.role,
        verdict=kept.verdict.value,
        ms=kept.ms,
        document=decode_signed(kept.body).document,
    )


def _compared(agreement: PlainAgreement) -> Iterator[messages.Compared]:
    """Field by field in words; what neither side says is left out."""
    if agreement.name is not None:
        yield messages.Compared(what="name", how=_names(agreement.name))
    for what, how in (
        ("birth date", agreement.birth_date),
        ("sex", agreement.sex),
        ("nationality", agreement.nationality),
    ):
        yield messages.Compared(what=what, how=how.value)
    for what, shared in (
        ("documents", agreement.documents),
        ("phones", agreement.phones),
        ("accounts", agreement.accounts),
    ):
        if shared:
            yield messages.Compared(what=what, how=f"{shared} shared")
    if agreement.doubtful:
        yield messages.Compared(what="check digits", how=f"{agreement.doubtful} wrong")


def _names(name: NameAgreement) -> str:
    metaphone = "same" if name.metaphone else "different"
    return (
        f"{name.query} ({name.query_reading}) beside {name.record} ({name.record_reading}): Jaro-Winkler "
        f"{name.jaro_winkler:.2f}, token sort {name.token_sort:.2f}, sounds {name.sounds:.2f}, Metaphone {metaphone}"
    )


def _choice(kind: type[Choice], value: str, field: str) -> Choice:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(each.value for each in kind)
        raise LancangError(Code.INPUT_INVALID, f"{field}: one of {known} expected") from None
