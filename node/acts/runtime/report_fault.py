"""Keep what a peer did wrong: an act, and with it, sealed, what it signed or sent, so that others can check it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.model.ask import Ask, AskAnswer
from node.model.batch import Head
from node.model.epoch import SignedEpoch
from node.model.scope import Scope
from node.observe import INCIDENTS
from node.storage import copies, evidence

PROTOCOL_FAULTS = frozenset(
    {
        Code.EPOCH_CHAIN,
        Code.EPOCH_PACE,
        Code.TABLES_DIFFER,
        Code.ROSTER_FORK,
        Code.PROOF_WRONG,
        Code.SIGNATURE_WRONG,
        Code.BATCH_MALFORMED,
        Code.BATCH_GAP,
        Code.BATCH_FORK,
        Code.BATCH_REPLAYED,
        Code.INDEX_FAULT,
        Code.MESSAGE_MALFORMED,
        Code.PEER_CERTIFICATE,
        Code.LETTER_REUSED,
        Code.LETTER_ALTERED,
    }
)
"""What is the peer's doing. Being away, busy or out of budget is not."""


@dataclass(slots=True)
class SignedWords:
    """What a peer signed that contradicts itself, newest last: it proves to anybody what the peer did."""

    heads: tuple[Head, ...] = ()
    statements: tuple[SignedEpoch, ...] = ()

    def body(self) -> dict[str, object]:
        """The words as they are kept."""
        return {
            "heads": [_word(head.encode(), head.signature) for head in self.heads],
            "statements": [_word(one.statement.encode(), one.signature) for one in self.statements],
        }


def _word(signed: bytes, signature: bytes) -> dict[str, str]:
    return {"signed": signed.hex(), "signature": signature.hex()}


async def report_index_fault(
    node: Node, peer: str, problem: LancangError, words: SignedWords, forked: Scope | None = None
) -> None:
    """Log that a peer's index was refused. forked: the copy that is refused from now on, also after a restart."""
    await _report(node, ActKind.INDEX_REFUSED, peer, problem, {}, words.body(), forked)


async def report_answer_fault(node: Node, peer: str, problem: LancangError, ask: Ask, answer: AskAnswer) -> None:
    """Log that a peer's answer was refused, and keep ask and answer whole."""
    body = {
        "ask_id": ask.ask_id.hex(),
        "elements": [element.hex() for element in ask.elements],
        "evaluated": [element.hex() for element in answer.evaluated],
        "proof": answer.proof.hex(),
        "public_key": answer.public_key.hex(),
        "ms": answer.ms,
        "signature": answer.signature.hex(),
    }
    await _report(node, ActKind.ANSWER_REFUSED, peer, problem, {"ask_id": ask.ask_id.hex()}, body)


async def report_letter_fault(
    node: Node, peer: str, problem: LancangError, letters: Sequence[tuple[bytes, bytes]]
) -> None:
    """Log that a peer's letter, or its receipt for one, was refused as a fault, and keep what was signed: (words,
    signature) each. Two letters under one number prove to anybody who wrote both."""
    INCIDENTS.labels(peer, problem.code.value).inc()
    body: dict[str, object] = {"letters": [_word(signed, signature) for signed, signature in letters]}
    await _report(node, ActKind.LETTER_FAULT, peer, problem, {}, body)


async def _report(
    node: Node,
    kind: ActKind,
    peer: str,
    problem: LancangError,
    detail: Detail,
    body: dict[str, object],
    forked: Scope | None = None,
) -> None:
    now = node.clock.now_ms()

    def store(connection: Connection) -> None:
        said = {**detail, "code": problem.code.value, "what": problem.detail}
        act_id = record_act(connection, kind, node.node_id, peer, now, said)
        evidence.add(connection, node.sealer, act_id, json.dumps(body).encode())
        if forked is not None:
            copies.mark_faulty(connection, forked.owner, forked.epoch)

    await node.write(store)
