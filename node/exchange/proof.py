"""Proof of match (protocol.md 8): the opened blinds show that one paid ask was about a subject like the record.

It needs no VOPRF key: r_j * HashToGroup(x) = B_j holds for the token x that was asked at position j and no other, and
only who drew the blinds knows them. An evaluation got from another member proves nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from matcher.scoring import information
from matcher.tokens import Token, kind_by_number
from node.crypto.voprf import SCALAR_BYTES, Mode, VoprfError, blind_with
from node.errors import Code, LancangError
from node.exchange.token import token_bytes
from node.model.ask import Ask
from node.model.disclosure import Opened, Proof

MOST_OPENED: Final = 64


def read_kept_proof(data: bytes, epoch: int, tag: bytes) -> tuple[Proof, bytes]:
    """The proof that a search kept with its hit, and the case's handle at the owner. Raises STORAGE_DAMAGED."""
    try:
        said = json.loads(data)
        opened = tuple(
            Opened(int(each["position"]), int(each["kind"]), bytes.fromhex(each["blind"])) for each in said["opened"]
        )
        return Proof(epoch, bytes.fromhex(said["ask_id"]), tag, opened), bytes.fromhex(said["case"])
    except (ValueError, KeyError, TypeError) as problem:
        raise LancangError(Code.STORAGE_DAMAGED, "hit.proof") from problem


def check_same_ask(proof: Proof, ask: Ask, *, requester: str, purpose: str, case: bytes) -> None:
    """The ask is the one that is named, by this requester, for this purpose and case, and can still be checked.

    Raises LancangError PROOF_OF_MATCH, which no honest requester meets; REQUEST_EXPIRED once its elements are erased.
    """
    if ask.scope.audience != requester or ask.ask_id != proof.ask_id:
        raise _wrong("another member's ask is opened")
    if ask.scope.epoch != proof.epoch:
        raise _wrong("the ask was of another epoch")
    if (ask.purpose, ask.case) != (purpose, case):
        raise _wrong("the ask was for another purpose or case")
    if not ask.elements:
        raise LancangError(Code.REQUEST_EXPIRED, "the grace of the ask's epoch is over")


def shared_tokens(proof: Proof, ask: Ask, tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The record's tokens that the proof opens, in its order. Raises LancangError PROOF_OF_MATCH.

    About 76 µs for each opened position and each token of its kind.
    """
    positions = [each.position for each in proof.opened]
    if not positions or len(positions) > MOST_OPENED or len(set(positions)) != len(positions):
        raise _wrong("no position is opened, or one of them twice")
    found: dict[Token, None] = {}
    for each in proof.opened:
        token = _opens(each, ask, tokens)
        if token in found:
            raise _wrong("two positions open to one token")
        found[token] = None
    return tuple(found)


def _opens(opened: Opened, ask: Ask, tokens: Sequence[Token]) -> Token:
    if opened.position >= len(ask.elements) or len(opened.blind) != SCALAR_BYTES:
        raise _wrong("a position lies outside the ask, or a blind has the wrong length")
    element = ask.elements[opened.position]
    for token in tokens:
        if token.kind != opened.kind:
            continue
        try:
            if blind_with(token_bytes(token), opened.blind, Mode.VOPRF) == element:
                return token
        except (VoprfError, ValueError):
            # A blind that is zero or not canonical opens nothing.
            break
    raise _wrong("a position does not open to a token of the record that the tag names")


def weigh(counts: Mapping[Token, int], population: float, prior: int) -> float:
    """The information in bits that these shared tokens carry beyond a name, by the owner's own counts.

    counts: how many live records carry each. The most telling token counts alone: tokens of one date and one name
    are the same evidence. 0.0 where nothing goes beyond a name.
    """
    beyond = [(token, live) for token, live in counts.items() if kind_by_number(token.kind).beyond_name]
    bits = (information(population, live, kind_by_number(token.kind), prior) for token, live in beyond)
    return max(bits, default=0.0)


def check_sufficient(counts: Mapping[Token, int], population: float, prior: int, least_bits: int) -> None:
    """A name alone opens nothing; and what is shared must be rare. Raises LancangError PROOF_INSUFFICIENT."""
    if not any(kind_by_number(token.kind).beyond_name for token in counts):
        raise LancangError(Code.PROOF_INSUFFICIENT, "only a name is shared")
    if weigh(counts, population, prior) < least_bits:
        raise LancangError(Code.PROOF_INSUFFICIENT, "what is shared is too common at the owner")


def proof_document(proof: Proof) -> dict[str, Any]:
    """As it stands in a request."""
    return {
        "epoch": proof.epoch,
        "ask_id": proof.ask_id.hex(),
        "tag": proof.tag.hex(),
        "opened": [[each.position, each.kind, each.blind.hex()] for each in proof.opened],
    }


def _wrong(detail: str) -> LancangError:
    return LancangError(Code.PROOF_OF_MATCH, detail)
