"""Send what is due for one peer in one call, check the receipts, and keep what became of each letter.

Letters are signed now, with the key that the roster names now: one that waited through a change of keys is good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from node.acts.courier.letters import outgoing, written
from node.acts.courier.settle import not_taken, settle
from node.acts.membership.keys_apart import check_keys_agree
from node.acts.membership.standing import check_target
from node.acts.runtime.node import Node
from node.acts.runtime.peer import Peer
from node.acts.runtime.report_fault import report_letter_fault
from node.audit.journal import Done, record_acts
from node.crypto.signing import SIGNATURE_BYTES
from node.errors import Code, LancangError
from node.exchange.letter import check_receipt, letter_bytes, letter_hash, receipt_words, sign_letter
from node.model.courier import (
    MOST_CALL_BYTES,
    MOST_LETTERS,
    Kind,
    Letter,
    LetterOutcome,
    NotTaken,
    Receipt,
    SignedLetter,
)
from node.observe import whereabouts
from node.storage import courier
from node.storage.courier import Waiting
from node.storage.savepoint import savepoint

DELIVER_SECONDS = 60.0
"""Time for the largest letter over a line of 40 kbit/s."""
AT_ONCE = 8
"""Receipts kept in one transaction: it must be short, for searches wait behind it."""
_log = structlog.get_logger("courier")


@dataclass(frozen=True, slots=True, repr=False)
class _Going:
    """A letter on its way, or the withdrawal that goes in its place, and its row."""

    waiting: Waiting
    signed: SignedLetter


@dataclass(frozen=True, slots=True, repr=False)
class _Back:
    """What came back of one. letter: what was signed for; wrong: a receipt that is none."""

    letter: Letter
    outcome: LetterOutcome
    wrong: Receipt | None = None


async def send_due(node: Node, peer: Peer, most: int = MOST_LETTERS) -> int:
    """Send letters that are due for a peer, at most so many, in one call, and return how many it carried.

    Raises LancangError: the call as a whole failed, and nothing is known of any of its letters.
    """
    recipient = check_target(node, peer.node_id)
    found = await node.read(courier.due, peer.node_id, node.clock.now_ms(), most)
    if not found:
        return 0
    going = await node.compute(_sign_all, node, await _marked(node, peer, found))
    outcomes = await peer.deliver([each.signed for each in going], DELIVER_SECONDS)
    back = await node.compute(_check_all, node, going, outcomes, recipient.signing_key)
    for each in back:
        if each.wrong is not None:
            await _report(node, peer.node_id, each.letter, each.wrong)
    for start in range(0, len(back), AT_ONCE):
        await node.write_bulk(_keep_all, node, back[start : start + AT_ONCE])
    return len(going)


async def _marked(node: Node, peer: Peer, found: Sequence[Waiting]) -> list[Waiting]:
    """The rows; of a letter whose time is limited, as it is now that it counts as one that may have arrived.

    Raises LancangError if the peer does not answer a greeting: such a letter did not leave, and that is known.
    """
    limited = [each.message_id for each in found if each.until_ms is not None and each.sent_ms is None]
    if not limited:
        return list(found)
    await peer.hello(node.roster)
    known = await node.write_bulk(courier.mark_sent, limited, node.clock.now_ms())
    return [known.get(each.message_id, each) for each in found]


def _sign_all(node: Node, found: Sequence[Waiting]) -> list[_Going]:
    """As many of them as one call takes."""
    going: list[_Going] = []
    size = 0
    for waiting in found:
        letter = outgoing(node, waiting)
        size += len(letter.body)
        if going and size > MOST_CALL_BYTES:
            break
        going.append(_Going(waiting, sign_letter(node.alliance, letter, node.signing)))
    return going


def _check_all(node: Node, going: Sequence[_Going], outcomes: Sequence[LetterOutcome], key: bytes) -> list[_Back]:
    return [_check(node, each, outcome, key) for each, outcome in zip(going, outcomes, strict=True)]


def _check(node: Node, going: _Going, outcome: LetterOutcome, key: bytes) -> _Back:
    """What came back, if the recipient signed it. A withdrawal may be answered with the receipt of its letter."""
    letter, waiting = going.signed.letter, going.waiting
    if not isinstance(outcome, Receipt):
        return _Back(letter, outcome)
    signed_for = letter_bytes(node.alliance, letter)
    if letter.kind == Kind.WITHDRAWN and outcome.letter_hash != letter_hash(signed_for):
        letter = written(node, waiting)
        signed_for = letter_bytes(node.alliance, letter, waiting.body_hash)
    try:
        check_receipt(outcome, letter, letter_hash(signed_for), key)
    except LancangError as problem:
        return _Back(letter, NotTaken(problem), outcome)
    return _Back(letter, outcome)


async def _report(node: Node, peer: str, letter: Letter, wrong: Receipt) -> None:
    """A receipt that is none is the recipient's fault, unless another version of the roster explains it."""
    problem = LancangError(Code.LETTER_ALTERED, "a receipt that its recipient did not sign for this letter")
    try:
        await check_keys_agree(node, node.copies.view(peer), LancangError(Code.SIGNATURE_WRONG))
        node.courier.faults_rate.check(peer, node.clock.now_ms())
    except LancangError:
        return
    words = receipt_words(letter, wrong)
    await report_letter_fault(node, peer, problem, [(words[:-SIGNATURE_BYTES], wrong.signature)])


def _keep_all(connection: Connection, node: Node, back: Sequence[_Back]) -> None:
    kept = [_keep(connection, node, each) for each in back]
    record_acts(connection, [done for done in kept if done is not None])


def _keep(connection: Connection, node: Node, back: _Back) -> Done | None:
    """What became of one letter. Where whoever is told of it fails, it is sent and answered again later."""
    if isinstance(back.outcome, NotTaken):
        not_taken(connection, node, back.letter, back.outcome)
        return None
    try:
        with savepoint(connection):
            return settle(connection, node, back.letter, back.outcome)
    except Exception as problem:
        if isinstance(problem, LancangError) and problem.code in (Code.DISK_FULL, Code.STORAGE_DAMAGED):
            raise
        _log.error("receipt not kept", kind=type(problem).__name__, where=whereabouts(problem))
        failed = LancangError(Code.INTERNAL, "its receipt could not be kept; see this node's log")
        not_taken(connection, node, back.letter, NotTaken(failed))
        return None
