"""Messages of corrections <-> model."""

from __future__ import annotations

from node.acts.correcting.show import Listed
from node.storage.corrections import CameCorrection, SentCorrection
from node.v1 import operator_corrections_pb2 as messages


def listed_to_message(listed: Listed) -> messages.ListCorrectionsResponse:
    """Encode."""
    return messages.ListCorrectionsResponse(
        sent=map(_sent, listed.sent), came=[_came(each, owner) for each, owner in listed.came]
    )


def _sent(one: SentCorrection) -> messages.SentCorrection:
    return messages.SentCorrection(
        request_id=one.request_id.hex(),
        requester=one.requester,
        number=one.number,
        kind=one.kind.value,
        made_ms=one.made_ms,
        state=one.state.value,
        settled_ms=one.settled_ms,
        attempts=one.attempts,
        error=one.error,
        reason=one.reason,
    )


def _came(one: CameCorrection, owner: str) -> messages.CameCorrection:
    return messages.CameCorrection(
        request_id=one.request_id.hex(),
        owner=owner,
        number=one.number,
        kind=one.kind.value,
        made_ms=one.made_ms,
        received_ms=one.received_ms,
        seen_ms=one.seen_ms,
    )
