"""Who searched when, for which case, and what became of it: for an auditor, who does not see the person.

Whom a search was about is shown to one auditor once a second one has agreed, for a day, and every step is an act.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.audit.journal import Act, ActKind, Detail, between, record_act
from node.errors import Code, LancangError
from node.storage import cases, requests_out, reveals, searches
from node.storage.reveals import Reveal

MOST_LISTED: Final = 2_000
OPEN_MS: Final = 86_400_000
LONGEST_REASON: Final = 300
REVEAL_ID_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Searched:
    """A search as an auditor sees it. case: the national number, '' if it is not kept any more. members: asked.

    kept: what it was about is still kept. requested: disclosures asked for after it.
    """

    search_id: bytes
    officer: str
    ms: int
    purpose: str
    case: str
    members: tuple[str, ...]
    answered: str
    failed: str
    kept: bool
    requested: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Which searches: of one officer or, with '', of all; made from one time on and before another."""

    officer: str
    from_ms: int
    until_ms: int


async def search_history(node: Node, asked: Asked, auditor: str) -> list[Searched]:
    """The searches that this node's own log knows of, the newest first. That it was looked at is logged."""
    found = await node.read(_history, node, asked)
    now = node.clock.now_ms()
    detail: Detail = {"officer": asked.officer, "from_ms": asked.from_ms, "until_ms": asked.until_ms}
    await node.write(record_act, ActKind.HISTORY_SHOWN, auditor, "", now, detail)
    return found


def _history(connection: Connection, node: Node, asked: Asked) -> list[Searched]:
    sent: defaultdict[str, list[Act]] = defaultdict(list)
    for act in between(connection, ActKind.ASK_SENT, asked.from_ms, asked.until_ms):
        if not asked.officer or act.actor == asked.officer:
            sent[str(act.detail.get("search_id", ""))].append(act)
    sent.pop("", None)
    ended = {str(act.detail.get("search_id", "")): act for act in between(
        connection, ActKind.SEARCH, asked.from_ms, asked.until_ms + OPEN_MS)}  # fmt: skip
    newest = sorted(sent.items(), key=lambda each: -each[1][0].ms)[:MOST_LISTED]
    requested = requests_out.counts_by_search(connection)
    return [_searched(connection, node, found, acts, ended.get(found), requested) for found, acts in newest]


def _searched(
    connection: Connection, node: Node, found: str, acts: list[Act], end: Act | None, requested: dict[bytes, int]
) -> Searched:
    search_id, first = bytes.fromhex(found), acts[0]
    handle = bytes.fromhex(str(first.detail.get("case_handle", "")))
    return Searched(
        search_id=search_id,
        officer=first.actor,
        ms=first.ms,
        purpose=str(first.detail.get("purpose", "")),
        case=cases.number_of(connection, node.sealer, first.peer, handle) or "",
        members=tuple(sorted(act.peer for act in acts)),
        answered=str(end.detail.get("answered", "")) if end is not None else "",
        failed=str(end.detail.get("failed", "")) if end is not None else "",
        kept=searches.exists(connection, search_id),
        requested=requested.get(search_id, 0),
    )


async def ask_reveal(node: Node, search_id: bytes, reason: str, auditor: str) -> Reveal:
    """Ask to see whom a search was about. Raises LancangError REVEAL_UNKNOWN, INPUT_INVALID."""
    if not reason.strip() or len(reason) > LONGEST_REASON or not reason.isprintable():
        raise LancangError(Code.INPUT_INVALID, f"reason: 1 to {LONGEST_REASON} printable characters")
    asked = Reveal(node.random(REVEAL_ID_BYTES), search_id, reason.strip(), auditor, node.clock.now_ms())

    def store(connection: Connection) -> None:
        if not searches.exists(connection, search_id):
            raise LancangError(Code.REVEAL_UNKNOWN, "no such search is kept")
        reveals.add(connection, asked)
        detail: Detail = {"reveal": asked.reveal_id.hex(), "search_id": search_id.hex()}
        record_act(connection, ActKind.REVEAL_ASKED, auditor, "", asked.asked_ms, detail)

    await node.write(store)
    return asked


async def agree_to_reveal(node: Node, reveal_id: bytes, auditor: str) -> Reveal:
    """Agree, as a second auditor. Raises LancangError REVEAL_UNKNOWN, SAME_OFFICER."""

    def store(connection: Connection) -> Reveal:
        found = _found(connection, reveal_id)
        if found.asked_by == auditor:
            raise LancangError(Code.SAME_OFFICER, "a second auditor must agree", remedy="Ask another auditor to agree.")
        now = node.clock.now_ms()
        if not found.agreed_by:
            # The database itself refuses one auditor in both places.
            reveals.agree(connection, reveal_id, auditor, now)
            record_act(connection, ActKind.REVEAL_AGREED, auditor, "", now, {"reveal": reveal_id.hex()})
        return _found(connection, reveal_id)

    return await node.write(store)


async def open_reveal(node: Node, reveal_id: bytes, auditor: str) -> tuple[Reveal, bytes]:
    """Whom the search was about: the query as given, canonical JSON. For who asked, for a day after the agreement.

    Raises LancangError REVEAL_UNKNOWN, ROLE_FORBIDDEN before a second auditor agreed, to another auditor, or too late.
    """

    def read(connection: Connection) -> tuple[Reveal, bytes]:
        found, now = _found(connection, reveal_id), node.clock.now_ms()
        if found.asked_by != auditor:
            raise LancangError(Code.ROLE_FORBIDDEN, "another auditor asked for it")
        if not found.agreed_by:
            raise LancangError(Code.ROLE_FORBIDDEN, "no second auditor has agreed yet")
        if now - found.agreed_ms > OPEN_MS:
            raise LancangError(Code.ROLE_FORBIDDEN, "the day in which it could be seen is over")
        kept = searches.get(connection, node.sealer, found.search_id)
        if kept is None:
            raise LancangError(Code.REVEAL_UNKNOWN, "the search is no longer kept")
        record_act(connection, ActKind.REVEALED, auditor, "", now, {"reveal": reveal_id.hex()})
        return found, kept.subject

    return await node.write(read)


async def list_reveals(node: Node) -> list[Reveal]:
    """What was asked to be seen, the newest first."""
    return await node.read(reveals.listed, MOST_LISTED)


def _found(connection: Connection, reveal_id: bytes) -> Reveal:
    found = reveals.get(connection, reveal_id)
    if found is None:
        raise LancangError(Code.REVEAL_UNKNOWN)
    return found
