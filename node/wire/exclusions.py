"""Messages of exclusions <-> model."""

from __future__ import annotations

import re

from node.acts.correcting.exclude import Why
from node.errors import Code, LancangError
from node.model.exclusion import Exclusion, ExclusionGround
from node.v1 import operator_exclusions_pb2 as messages

_BEGINNING = re.compile(r"[0-9a-f]{1,32}")


def exclusion_to_message(one: Exclusion) -> messages.Exclusion:
    """Encode."""
    return messages.Exclusion(
        exclusion_id=one.exclusion_id.hex(),
        side=one.side.value,
        peer=one.peer,
        officer=one.officer,
        ground=one.ground.value,
        reason=one.reason,
        made_ms=one.made_ms,
        removed_ms=one.removed_ms,
        request=one.request.hex(),
    )


def why_from_message(message: messages.AddExclusionRequest) -> Why:
    """Decode. Raises LancangError INPUT_INVALID naming the field."""
    try:
        ground = ExclusionGround(message.ground)
    except ValueError:
        known = ", ".join(each.value for each in ExclusionGround)
        raise LancangError(Code.INPUT_INVALID, f"ground: one of {known} expected") from None
    return Why(ground, message.reason)


def hit_from_message(message: messages.AddExclusionRequest) -> bytes | None:
    """The hit that is meant, None if a record and a request are. Raises LancangError HIT_UNKNOWN, INPUT_INVALID."""
    if bool(message.hit_id) == bool(message.record_id and message.request_id):
        raise LancangError(Code.INPUT_INVALID, "name either a hit, or a record and a request")
    if not message.hit_id:
        return None
    try:
        return bytes.fromhex(message.hit_id)
    except ValueError:
        raise LancangError(Code.HIT_UNKNOWN) from None


def beginning(exclusion_id: str) -> str:
    """An id, or how it begins. Raises LancangError EXCLUSION_UNKNOWN."""
    if not _BEGINNING.fullmatch(exclusion_id):
        raise LancangError(Code.EXCLUSION_UNKNOWN, "an id is written in hex")
    return exclusion_id
