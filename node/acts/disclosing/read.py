"""A requester's own side of its requests: see how they stand, read what was given, withdraw one, erase on time."""

from __future__ import annotations

import json
from typing import Final

from sqlalchemy import Connection

from node.acts.courier.queue import post
from node.acts.disclosing.answers import Disclosed
from node.acts.disclosing.kept_copy import open_copy
from node.acts.membership.renew import officers_of
from node.acts.membership.revocations import read_revocations
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, record_act
from node.errors import Code, LancangError
from node.exchange.disclosure_states import OutEvent, moved_out
from node.model.courier import Kind
from node.model.disclosure import Noted, OutState
from node.storage import request_events, requests_out
from node.storage.request_events import Side
from node.storage.requests_out import RequestOut

MOST_LISTED: Final = 500


async def list_requests(node: Node) -> list[tuple[RequestOut, list[Noted]]]:
    """The requests made here with what happened to them, the newest first."""

    def listed(connection: Connection) -> list[tuple[RequestOut, list[Noted]]]:
        found = requests_out.listed(connection, node.sealer, MOST_LISTED)
        return [(each, request_events.events_of(connection, each.request_id, Side.OUT)) for each in found]

    return await node.read(listed)


async def show_own_request(node: Node, beginning: str) -> tuple[RequestOut, list[Noted]]:
    """One of them, by the beginning of its id, with what happened to it. Raises REQUEST_UNKNOWN."""

    def show(connection: Connection) -> tuple[RequestOut, list[Noted]]:
        found = requests_out.get(connection, node.sealer, requests_out.named(connection, beginning))
        return found, request_events.events_of(connection, found.request_id, Side.OUT)

    return await node.read(show)


async def read_disclosure(node: Node, beginning: str, officer: str) -> tuple[RequestOut, Disclosed]:
    """What was given. The first time the owner is sent a receipt; every time it is logged.

    Raises LancangError REQUEST_UNKNOWN, REQUEST_STATE, and what open_copy raises.
    """

    def read(connection: Connection) -> tuple[RequestOut, Disclosed]:
        now = node.clock.now_ms()
        request = requests_out.get(connection, node.sealer, requests_out.named(connection, beginning))
        after = moved_out(request.state, OutEvent.READING)
        if request.answer is None or now >= request.retain_until_ms:
            raise LancangError(Code.REQUEST_STATE, "the time for which it was given is over")
        disclosed = open_copy(node, request, request.answer).disclosed
        detail = {"request": request.digest.hex()}
        record_act(connection, ActKind.DISCLOSURE_READ, officer, request.owner, now, detail)
        if request.state is OutState.DISCLOSED:
            requests_out.change(connection, request.request_id, after)
            said = json.dumps({"request": request.digest.hex(), "read_ms": now}).encode()
            post(connection, node, request.owner, request.request_id, Kind.DISCLOSURE_READ, said, now)
        return request, disclosed

    return await node.write(read)


async def withdraw_request(node: Node, beginning: str, officer: str) -> RequestOut:
    """Tell the owner that a request is no longer needed. Raises REQUEST_UNKNOWN, REQUEST_STATE once it is decided."""

    def withdraw(connection: Connection) -> RequestOut:
        now = node.clock.now_ms()
        request = requests_out.get(connection, node.sealer, requests_out.named(connection, beginning))
        after = moved_out(request.state, OutEvent.WITHDRAWAL)
        requests_out.change(connection, request.request_id, after, ended_ms=now)
        said = json.dumps({"request": request.digest.hex()}).encode()
        post(connection, node, request.owner, request.request_id, Kind.DISCLOSURE_WITHDRAWAL, said, now)
        detail = {"request": request.digest.hex()}
        record_act(connection, ActKind.DISCLOSURE_WITHDRAWN, officer, request.owner, now, detail)
        return requests_out.get(connection, node.sealer, request.request_id)

    return await node.write(withdraw)


async def withdraw_of_revoked(node: Node) -> None:
    """Withdraw the open requests of officers whose certificates are revoked here: nobody answers for them any more."""
    revoked = {one.officer for one in read_revocations(node.home)} - set(officers_of(node.home))
    if not revoked:
        return
    for request_id in await node.read(requests_out.open_of, tuple(revoked)):
        await withdraw_request(node, request_id.hex(), node.node_id)


async def erase_disclosed(node: Node) -> None:
    """Erase disclosed copies whose time is over, each as an act."""

    def erase(connection: Connection) -> int:
        now = node.clock.now_ms()
        due = requests_out.due_for_erasure(connection, now)
        for request_id in due:
            request = requests_out.get(connection, node.sealer, request_id)
            detail = {"request": request.digest.hex()}
            record_act(connection, ActKind.DISCLOSURE_ERASED, node.node_id, request.owner, now, detail)
        requests_out.erase_answers(connection, due, now)
        return len(due)

    while await node.write_bulk(erase):
        pass
