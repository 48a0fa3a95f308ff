"""Draw asks of one requester from this node's log, for an inspector (protocol.md 10). The owner signs what it drew.

One draw holds one requester's asks: no member sees through it what another one asked.
"""

from __future__ import annotations

import structlog
from sqlalchemy import Connection

from node.acts.membership.standing import member_of
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange.inspection import LONGEST_SEED, MOST_DRAWN, MOST_POPULATION, draw_hash, encode_draw, select
from node.exchange.inspection import decode_draw as read_back
from node.model.inspection import Draw, DrawnAsk, DrawTerms
from node.model.roster import Policy
from node.storage import asks, epochs

_log = structlog.get_logger("inspection")


async def draw_asks(node: Node, terms: DrawTerms, officer: str) -> bytes:
    """The file of a draw. Raises LancangError: INPUT_INVALID, INPUT_TOO_LARGE, PEER_UNKNOWN, RECORD_NOT_FOUND."""
    member_of(node, terms.requester)
    now = node.clock.now_ms()
    _check(terms, now)
    draw = await node.read(_drawn, node, terms, now)
    file = await node.compute(encode_draw, draw, node.signing)
    _, signed, _ = read_back(file)
    detail: Detail = {
        "draw": draw_hash(signed).hex(),
        "from_ms": terms.from_ms,
        "until_ms": terms.until_ms,
        "population": len(draw.population),
        "drawn": len(draw.asks),
        "seed": terms.seed,
        "officer": terms.officer,
        "inspector": terms.inspector.hex(),
    }
    await node.write(record_act, ActKind.ASKS_DRAWN, officer, terms.requester, now, detail)
    _log.info("asks drawn", peer=terms.requester, population=len(draw.population), drawn=len(draw.asks))
    return file


def named_inspector(policy: Policy, said: str) -> bytes:
    """The key of an inspector whom the alliance sends, by name or key; b'' for none. Raises INPUT_INVALID."""
    key = policy.inspector(said) if said else b""
    if key is None:
        raise LancangError(
            Code.INPUT_INVALID, "inspector: the roster names none such", remedy="`lancang roster show` lists them."
        )
    return key


def _check(terms: DrawTerms, now: int) -> None:
    if not terms.from_ms < terms.until_ms <= now:
        raise LancangError(
            Code.INPUT_INVALID,
            "period: it begins before it ends, and has ended",
            remedy="Choose a period that is over: nobody may add to it once the seed is known.",
        )
    if terms.count and not terms.seed.strip():
        raise LancangError(
            Code.INPUT_INVALID,
            "seed: a draw needs one",
            remedy="Take a value that neither side could choose, published after the period; or draw all.",
        )
    if len(terms.seed) > LONGEST_SEED or not terms.seed.isprintable():
        raise LancangError(Code.INPUT_INVALID, f"seed: at most {LONGEST_SEED} printable characters")
    if terms.count > MOST_DRAWN:
        raise LancangError(Code.INPUT_TOO_LARGE, f"a draw holds at most {MOST_DRAWN} asks")


def _drawn(connection: Connection, node: Node, terms: DrawTerms, now: int) -> Draw:
    period = asks.Period(terms.requester, terms.officer, terms.from_ms, terms.until_ms)
    population = asks.ids_of(connection, period, MOST_POPULATION + 1)
    if not population:
        raise LancangError(
            Code.RECORD_NOT_FOUND, "no ask of that period can be inspected", remedy="Choose another period or officer."
        )
    if len(population) > MOST_POPULATION or (not terms.count and len(population) > MOST_DRAWN):
        most = MOST_POPULATION if terms.count else MOST_DRAWN
        raise LancangError(
            Code.INPUT_TOO_LARGE,
            f"more than {most} asks in that period",
            remedy="Choose a shorter one, or an officer.",
        )
    found = [_stored(connection, node, ask_id) for ask_id in select(population, terms.seed, terms.count)]
    wanted = {each.ask.scope.epoch for each in found}
    known = tuple(each for each in epochs.own_statements(connection, 1) if each.statement.epoch in wanted)
    erased = asks.erased_of(connection, period)
    return Draw(node.alliance, node.node_id, terms, now, erased, tuple(population), known, tuple(found))


def _stored(connection: Connection, node: Node, ask_id: bytes) -> DrawnAsk:
    stored = asks.get(connection, ask_id, node.alliance, node.node_id)
    if stored is None:
        raise LancangError(Code.STORAGE_DAMAGED, "an ask vanished")
    return DrawnAsk(stored.ask, stored.ms)
