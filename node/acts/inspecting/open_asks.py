"""Open drawn asks to an inspector (protocol.md 10): what each was about, from the searches this node keeps sealed.

It shows persons and cannot be taken back, so an auditor decides, and the log says so. An ask that cannot be opened is
named with its reason; refusing is a choice as well, and the inspector's report says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from node.acts.membership.standing import member_of
from node.acts.runtime.node import Node
from node.audit.journal import Act, ActKind, Detail, between, record_act
from node.errors import Code, LancangError
from node.exchange.ask import ask_identity
from node.exchange.inspection import check_draw, decode_draw, draw_hash, encode_opening, open_ask
from node.exchange.prepared import PreparedSearch
from node.model.ask import Ask
from node.model.inspection import Draw, Missing, OpenedAsk, Opening
from node.model.scope import Scope
from node.storage import epochs, search_marks, searches

LONGEST_FILE = 3 << 20
# Clocks of members may be so far apart: an ask near the border of a period belongs to either side of it.
SKEW_MS = 300_000
_ASK_WHO = "`lancang roster show` lists whom the alliance sends; for one of this member's own people say --own."
_log = structlog.get_logger("inspection")


@dataclass(frozen=True, slots=True)
class Opened:
    """How to open a draw. inspector: a key (X25519, 32 bytes) to seal it to; own: it is one of this member's people.

    refuse: open nothing, and say so.
    """

    inspector: bytes | None = None
    own: bool = False
    refuse: bool = False


async def open_asks(node: Node, file: bytes, how: Opened, officer: str) -> bytes:
    """The file that opens a draw.

    Raises LancangError: INPUT_INVALID for another file, another requester's draw, or an inspector who is neither named
    by the roster nor said to be this member's own; SIGNATURE_WRONG, PEER_UNKNOWN, INPUT_TOO_LARGE.
    """
    draw, signed, signature = decode_draw(file)
    if (draw.alliance, draw.terms.requester) != (node.alliance, node.node_id):
        raise LancangError(Code.INPUT_INVALID, "the draw is of another member's asks", remedy="Send it to that member.")
    check_draw(draw, signed, signature, member_of(node, draw.owner).signing_key)
    inspector = how.inspector if how.refuse else _inspector_of(node, draw, how)
    now = node.clock.now_ms()
    digest = draw_hash(signed)
    opening = await node.read(_opened, node, draw, digest, how.refuse, now)
    data = await node.compute(encode_opening, opening, node.signing, inspector)
    if len(data) > LONGEST_FILE:
        raise LancangError(Code.INPUT_TOO_LARGE, "the opening is too large", remedy="Have fewer asks drawn at once.")
    detail: Detail = {
        "draw": digest.hex(),
        "opened": len(opening.asks),
        "missing": len(opening.missing),
        "inspector": inspector.hex() if inspector is not None else "",
        "own": how.own,
    }
    # Before the file leaves: an opening without an act must not be.
    kind = ActKind.OPENING_REFUSED if how.refuse else ActKind.ASKS_OPENED
    await node.write(record_act, kind, officer, draw.owner, now, detail)
    _log.info("asks opened", peer=draw.owner, opened=len(opening.asks), missing=len(opening.missing))
    return data


def _inspector_of(node: Node, draw: Draw, how: Opened) -> bytes | None:
    """To whom persons are shown: whom the alliance sends, or one of this member's own people; nobody else."""
    sent, named = draw.terms.inspector, node.policy.inspectors
    if sent:
        if node.policy.inspector(sent.hex()) is None:
            raise LancangError(
                Code.INPUT_INVALID, "inspector: the draw is for one whom the roster does not name", remedy=_ASK_WHO
            )
        if how.own or how.inspector not in (None, sent):
            raise LancangError(
                Code.INPUT_INVALID,
                "inspector: the draw is for another one",
                remedy="Leave --to out: the draw names one.",
            )
        return sent
    if named and not how.own and (how.inspector is None or node.policy.inspector(how.inspector.hex()) is None):
        raise LancangError(Code.INPUT_INVALID, "inspector: not one whom the roster names", remedy=_ASK_WHO)
    return how.inspector


def _opened(connection: Connection, node: Node, draw: Draw, digest: bytes, refuse: bool, now: int) -> Opening:
    opened: list[OpenedAsk] = []
    missing: list[tuple[bytes, Missing]] = []
    for each in draw.asks:
        found = Missing.REFUSED if refuse else _open(connection, node, each.ask, each.ms)
        if isinstance(found, Missing):
            missing.append((each.ask.ask_id, found))
        else:
            opened.append(found)
    return Opening(
        alliance=draw.alliance,
        owner=draw.owner,
        requester=node.node_id,
        draw=digest,
        made_ms=now,
        asks=tuple(opened),
        missing=tuple(missing),
        left_out=tuple(_left_out(connection, node, draw)),
    )


def _open(connection: Connection, node: Node, ask: Ask, ms: int) -> OpenedAsk | Missing:
    kept = searches.get(connection, node.sealer, ask.search_id)
    if kept is not None:
        questions = search_marks.get(connection, node.sealer, ask.search_id).questions
        opened = open_ask(PreparedSearch.decode(kept.prepared), ask, questions)
        return opened if opened is not None and ask_identity(ask) == ask.ask_id else Missing.UNKNOWN
    sent = between(connection, ActKind.ASK_SENT, ms - SKEW_MS, ms + SKEW_MS, ask.scope.owner)
    return Missing.EXPIRED if any(_search_of(act) == ask.search_id for act in sent) else Missing.UNKNOWN


def _left_out(connection: Connection, node: Node, draw: Draw) -> Iterator[bytes]:
    """Asks of the period that the owner answered by this node's own log, and that its population lacks."""
    first, last = draw.terms.from_ms + SKEW_MS, draw.terms.until_ms - SKEW_MS
    population = set(draw.population)
    answered = {_search_of(act) for act in between(connection, ActKind.SEARCH, first, last + 2 * SKEW_MS)
                if draw.owner in str(act.detail.get("answered", "")).split()}  # fmt: skip
    numbers = [each.statement.epoch for each in epochs.of_peer(connection, draw.owner)]
    for act in between(connection, ActKind.ASK_SENT, first, last, draw.owner):
        mine = not draw.terms.officer or node.pseudonym(act.actor) == draw.terms.officer
        if not mine or _search_of(act) not in answered:
            continue
        kept = searches.get(connection, node.sealer, _search_of(act))
        if kept is not None:
            sent = _ask_ids(PreparedSearch.decode(kept.prepared), draw, act, numbers)
            if sent and not population & set(sent):
                yield sent[-1]


def _ask_ids(prepared: PreparedSearch, draw: Draw, act: Act, numbers: list[int]) -> list[bytes]:
    """What this ask's id is in each of the owner's epochs: the log does not say in which one it was asked."""
    purpose, case = str(act.detail.get("purpose", "")), bytes.fromhex(str(act.detail.get("case_handle", "")))
    return [
        ask_identity(
            Ask(
                scope=Scope(draw.alliance, draw.owner, draw.terms.requester, number),
                search_id=prepared.search_id,
                purpose=purpose,
                case=case,
                commit=prepared.commit,
                elements=prepared.elements,
                ask_id=b"",
                signature=b"",
                officer="",
            )
        )
        for number in numbers
    ]


def _search_of(act: Act) -> bytes:
    return bytes.fromhex(str(act.detail.get("search_id", "")))
