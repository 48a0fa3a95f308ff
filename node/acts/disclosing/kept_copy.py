"""A requester's copy of what was given: the reply as it came, or after a correction what stands in its place.

A correction takes the old values out: the box they came in is erased with them. The reply's conditions and the two
officers' decisions stay, for they still hold; only what these approved is now known by its hash alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from node.acts.disclosing.answers import Disclosed, open_reply
from node.acts.runtime.node import Node
from node.errors import Code, LancangError
from node.exchange.decision import read_signed, signed_document
from node.exchange.disclosure import handling_document, read_handling
from node.storage.requests_out import RequestOut

_CORRECTED: Final = "corrected"


@dataclass(frozen=True, slots=True, repr=False)
class Copy:
    """A copy as it stands. given: names of the fields that were given at first, of which no correction adds one."""

    disclosed: Disclosed
    given: tuple[str, ...]


def open_copy(node: Node, request: RequestOut, answer: bytes) -> Copy:
    """Open a request's kept answer. Raises LancangError as open_reply, and STORAGE_DAMAGED."""
    said = json.loads(answer)
    if _CORRECTED not in said:
        disclosed = open_reply(node, request, answer)
        return Copy(disclosed, tuple(disclosed.content["fields"]))
    return _read(said[_CORRECTED])


def corrected(copy: Copy, content: dict[str, Any]) -> bytes:
    """A copy as it is kept once other values stand in it. content: as in a box."""
    now = replace(copy.disclosed, content=content)
    said = {
        "handling": handling_document(now.handling),
        "box": now.box_hash.hex(),
        "content": now.content,
        "decisions": [signed_document(each) for each in now.decisions],
        "given": list(copy.given),
    }
    return json.dumps({_CORRECTED: said}, ensure_ascii=False).encode()


def _read(said: dict[str, Any]) -> Copy:
    try:
        disclosed = Disclosed(
            read_handling(said["handling"], "copy.handling"),
            bytes.fromhex(said["box"]),
            said["content"],
            tuple(read_signed(each) for each in said["decisions"]),
        )
        return Copy(disclosed, tuple(said["given"]))
    except (KeyError, TypeError, ValueError, LancangError) as problem:
        raise LancangError(Code.STORAGE_DAMAGED, "request_out.answer") from problem
