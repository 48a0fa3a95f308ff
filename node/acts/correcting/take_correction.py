"""The requester's side of corrections: the copy is brought in line or erased in the transaction of the receipt.

The receipt is the acknowledgement: once the owner holds it, the old values are gone here.
"""

from __future__ import annotations

import json
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from sqlalchemy import Connection

from node.acts.disclosing.kept_copy import corrected, open_copy
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange.correction import CORRECTION, check_content, read_correction
from node.exchange.disclosure_states import OutEvent, moved_out
from node.exchange.documents import read_document, verify_document
from node.model.correction import Correction, CorrectionKind
from node.model.courier import Letter
from node.model.disclosure import OutState
from node.storage import corrections, requests_out
from node.storage.corrections import CameCorrection
from node.storage.requests_out import RequestOut

ERASED_BY_OWNER = "erased-by-owner"
# A reply that came after a withdrawal, or too late, was given and not kept.
_GIVEN = frozenset({OutState.DISCLOSED, OutState.READ, OutState.ERASED, OutState.WITHDRAWN, OutState.EXPIRED})
_HELD = frozenset({OutState.DISCLOSED, OutState.READ})


def take_correction(connection: Connection, node: Node, letter: Letter) -> None:
    """An owner corrects what it gave. Raises, back to the owner: REQUEST_UNKNOWN, SIGNATURE_WRONG, MESSAGE_MALFORMED,
    CORRECTION_WRONG.
    """
    request = requests_out.get(connection, node.sealer, letter.conversation)
    made = _verified(node, request, letter)
    before = corrections.newest_came(connection, [request.request_id]).get(request.request_id)
    # By time, then by number: an owner that was restored from a backup counts again from where that was made.
    if not made.number or (before is not None and (made.made_ms, made.number) <= (before.made_ms, before.number)):
        raise LancangError(Code.CORRECTION_WRONG, f"number {made.number} came, a later one stands")
    now = node.clock.now_ms()
    if request.state in _HELD and request.answer is not None:
        _apply(connection, node, request, made, now)
    # Seen only by who looks from now on; a copy whose time was over before holds nothing to correct.
    came = CameCorrection(request.request_id, made.number, made.kind, made.made_ms, now, 0)
    corrections.add_came(connection, came)
    detail: Detail = {"request": request.digest.hex(), "correction": made.kind.value, "number": made.number}
    record_act(connection, ActKind.CORRECTION_RECEIVED, request.owner, request.owner, now, detail)


def _verified(node: Node, request: RequestOut, letter: Letter) -> Correction:
    """The correction, if its owner signed it for this very request and something was given under it."""
    owner = node.roster.roster.member(letter.sender)
    if owner is None or request.owner != letter.sender:
        raise LancangError(Code.REQUEST_UNKNOWN)
    document = read_document(letter.body)
    made = read_correction(document)
    verify_document(CORRECTION, document, owner.signing_key)
    if (made.alliance, made.owner, made.requester) != (node.alliance, request.owner, node.node_id):
        raise LancangError(Code.CORRECTION_WRONG, "it is another member's, or for another one")
    if (made.request_id, made.request) != (request.request_id, request.digest):
        raise LancangError(Code.CORRECTION_WRONG, "it is of another request")
    if request.state not in _GIVEN:
        raise LancangError(Code.CORRECTION_WRONG, f"nothing was given: the request is {request.state.value}")
    return made


def _apply(connection: Connection, node: Node, request: RequestOut, made: Correction, now: int) -> None:
    if made.kind is CorrectionKind.ERASED:
        after = moved_out(request.state, OutEvent.CORRECTED_AWAY)
        requests_out.erase_answers(connection, [request.request_id], now)
        requests_out.change(connection, request.request_id, after, ended_ms=now, code=ERASED_BY_OWNER)
        return
    copy = open_copy(node, request, request.answer or b"")
    content = check_content(_opened(node, made), copy.given)
    requests_out.keep_answer(connection, node.sealer, request.request_id, corrected(copy, content))


def _opened(node: Node, made: Correction) -> Any:
    try:
        return json.loads(SealedBox(PrivateKey(node.keys.sealing_key)).decrypt(made.box))
    except (CryptoError, ValueError, RecursionError) as problem:
        raise LancangError(Code.CORRECTION_WRONG, "the box can't be opened with this node's key") from problem
