"""A row of the outbox as the letter that it stands for, and a letter as the act that both ends log."""

from __future__ import annotations

from dataclasses import replace

from node.acts.runtime.node import Node
from node.audit.journal import ActKind, Done
from node.audit.leaf import derived_salt
from node.model.courier import Kind, Letter, OutboxState, Receipt
from node.storage import courier
from node.storage.courier import Waiting


def written(node: Node, waiting: Waiting) -> Letter:
    """The letter as it was written; its body is empty once it was dropped. Raises LancangError STORAGE_DAMAGED."""
    body = courier.open_body(node.sealer, waiting)
    return Letter(
        waiting.message_id, waiting.conversation, waiting.number, waiting.kind, body, waiting.ms, node.node_id,
        waiting.recipient,
    )  # fmt: skip


def withdrawal(letter: Letter) -> Letter:
    """What is sent in the place of a letter that was given up: its number must not be missing."""
    return replace(letter, kind=Kind.WITHDRAWN, body=b"")


def outgoing(node: Node, waiting: Waiting) -> Letter:
    """What is sent for a row: the letter, or its withdrawal. Raises LancangError STORAGE_DAMAGED."""
    letter = written(node, waiting)
    whole = waiting.state is OutboxState.WAITING and waiting.body is not None
    return letter if whole else withdrawal(letter)


def act_of(kind: ActKind, actor: str, peer: str, letter: Letter, receipt: Receipt, ms: int) -> Done:
    """The act of a letter that was signed for: at both ends the same id, the same content and the same salt.

    Signed for again, by a node that was restored from a backup since, it is an act of its own.
    """
    detail: dict[str, str | int | bool | None] = {
        "letter_kind": letter.kind,
        "conversation": letter.conversation.hex(),
        "number": letter.number,
        "hash": receipt.letter_hash.hex(),
    }
    if receipt.refusal is not None:
        detail["code"] = receipt.refusal.code
    salt = derived_salt(receipt.signature, "letter")
    return Done(kind, actor, peer, ms, detail, act_id=letter.message_id, salt=salt, may_repeat=True)
