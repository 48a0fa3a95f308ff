"""A row of the outbox as the letter that it stands for."""

from __future__ import annotations

from dataclasses import replace

from node.acts.runtime.node import Node
from node.model.courier import Kind, Letter, OutboxState
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
