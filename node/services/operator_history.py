"""OperatorHistoryService: who searched when and for which case; whom, only once two auditors agree."""

from __future__ import annotations

from typing import Any

from node.acts.oversight.history import (
    REVEAL_ID_BYTES,
    Asked,
    Searched,
    agree_to_reveal,
    ask_reveal,
    list_reveals,
    open_reveal,
    search_history,
)
from node.acts.runtime.node import Node
from node.errors import Code, LancangError
from node.exchange.prepared import SEARCH_ID_BYTES
from node.services.gate import Call, Method
from node.storage.reveals import Reveal
from node.v1 import operator_history_pb2 as messages
from node.wire.reading import moment, short_text


def history_methods(node: Node) -> tuple[Method[Any], ...]:
    """The methods of the history."""

    async def listed(request: messages.ListHistoryRequest, call: Call) -> messages.ListHistoryResponse:
        until = moment(request.until_ms, "until") or node.clock.now_ms() + 1
        asked = Asked(short_text(request.officer, "officer", 64), moment(request.from_ms, "from"), until)
        found = await search_history(node, asked, call.caller.name)
        return messages.ListHistoryResponse(searches=map(_search, found))

    async def asked(request: messages.AskRevealRequest, call: Call) -> messages.AskRevealResponse:
        search_id = _id(request.search_id, SEARCH_ID_BYTES)
        made = await ask_reveal(node, search_id, request.reason, call.caller.name)
        return messages.AskRevealResponse(reveal=_reveal(made))

    async def agreed(request: messages.AgreeToRevealRequest, call: Call) -> messages.AgreeToRevealResponse:
        made = await agree_to_reveal(node, _id(request.reveal_id, REVEAL_ID_BYTES), call.caller.name)
        return messages.AgreeToRevealResponse(reveal=_reveal(made))

    async def opened(request: messages.OpenRevealRequest, call: Call) -> messages.OpenRevealResponse:
        made, subject = await open_reveal(node, _id(request.reveal_id, REVEAL_ID_BYTES), call.caller.name)
        return messages.OpenRevealResponse(reveal=_reveal(made), subject=subject)

    async def reveals(_: messages.ListRevealsRequest, _call: Call) -> messages.ListRevealsResponse:
        return messages.ListRevealsResponse(reveals=map(_reveal, await list_reveals(node)))

    service = "/node.v1.OperatorHistoryService"
    return (
        Method(f"{service}/ListHistory", messages.ListHistoryRequest, listed, most_bytes=256),
        Method(f"{service}/AskReveal", messages.AskRevealRequest, asked, most_bytes=2_048),
        Method(f"{service}/AgreeToReveal", messages.AgreeToRevealRequest, agreed, most_bytes=256),
        Method(f"{service}/OpenReveal", messages.OpenRevealRequest, opened, most_bytes=256),
        Method(f"{service}/ListReveals", messages.ListRevealsRequest, reveals, most_bytes=256),
    )


def _id(value: bytes, size: int) -> bytes:
    if len(value) != size:
        raise LancangError(Code.REVEAL_UNKNOWN, f"an id of {size} bytes is expected")
    return value


def _search(found: Searched) -> messages.PastSearch:
    return messages.PastSearch(
        search_id=found.search_id,
        officer=found.officer,
        ms=found.ms,
        purpose=found.purpose,
        case_number=found.case,
        members=found.members,
        answered=found.answered,
        failed=found.failed,
        kept=found.kept,
        requested=found.requested,
    )


def _reveal(made: Reveal) -> messages.Reveal:
    return messages.Reveal(
        reveal_id=made.reveal_id,
        search_id=made.search_id,
        reason=made.reason,
        asked_by=made.asked_by,
        asked_ms=made.asked_ms,
        agreed_by=made.agreed_by,
        agreed_ms=made.agreed_ms,
    )
