"""Seal what two officers approved to the requester's roster key, and sign it as the owner (protocol.md 9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import rfc8785

from node.acts.runtime.node import Node
from node.crypto.sealing import seal_to
from node.errors import Code, LancangError
from node.exchange.decision import signed_document
from node.exchange.disclosure import Reply, reply_signed_bytes
from node.model.disclosure import SignedDecision
from node.storage.requests_in import RequestIn


def seal_reply(
    node: Node, kept: RequestIn, content: dict[str, Any], approvals: Sequence[SignedDecision], now_ms: int
) -> Reply:
    """The reply, for the requester's present key in the roster in force. Raises PEER_UNKNOWN, DECISION_WRONG."""
    member = node.roster.roster.member(kept.requester)
    handling = approvals[0].decision.handling
    if member is None:
        raise LancangError(Code.PEER_UNKNOWN, kept.requester)
    if handling is None:
        raise LancangError(Code.DECISION_WRONG, "an approval names its conditions")
    said: dict[str, Any] = {"content": content, "decisions": [signed_document(each) for each in approvals]}
    box = seal_to(member.sealing_key, rfc8785.dumps(said))
    version = node.roster.roster.version
    return Reply(
        alliance=node.alliance,
        owner=node.node_id,
        requester=kept.requester,
        request_id=kept.request_id,
        request=kept.digest,
        roster_version=version,
        handling=handling,
        box=box,
        made_ms=now_ms,
        signature=node.signing.sign(reply_signed_bytes(kept.digest, box, handling, version)),
    )
