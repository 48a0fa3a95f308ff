"""The files of an inspection as a node writes and reads them (protocol.md 10): canonical JSON (RFC 8785), signed.

The inspector reads them with a program of its own (inspection/), which shares no line with this one.
"""

from __future__ import annotations

import binascii
import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final

import rfc8785

from node.crypto.hashing import blake
from node.crypto.sealing import seal_to
from node.crypto.signing import SigningKey, verify
from node.crypto.voprf import ELEMENT_BYTES
from node.errors import Code, LancangError
from node.exchange.ask import LONGEST_NAME
from node.exchange.documents import from_base64, to_base64
from node.exchange.prepared import PreparedSearch
from node.model.ask import Ask
from node.model.epoch import EpochStatement, SignedEpoch
from node.model.inspection import Draw, DrawnAsk, DrawTerms, OpenedAsk, Opening
from node.model.scope import Scope

FORMAT: Final = 1
MOST_DRAWN: Final = 200
"""Asks a draw holds at most: an opening of so many still fits a message."""
MOST_POPULATION: Final = 20_000
LONGEST_SEED: Final = 1_024


def select(population: Iterable[bytes], seed: str, count: int) -> list[bytes]:
    """The ask ids that a seed draws, in order of their hash under it; count 0 draws all."""
    key = hashlib.sha256(seed.encode()).digest()
    ranked = sorted(population, key=lambda ask_id: blake("lancang1.draw", key, ask_id, 32))
    return ranked[:count] if count else ranked


def encode_draw(draw: Draw, key: SigningKey) -> bytes:
    """The draw's file, signed by the owner."""
    terms = draw.terms
    document: dict[str, Any] = {
        "format": FORMAT,
        "alliance": draw.alliance,
        "owner": draw.owner,
        "requester": terms.requester,
        "officer": terms.officer,
        "from_ms": terms.from_ms,
        "until_ms": terms.until_ms,
        "made_ms": draw.made_ms,
        "count": terms.count,
        "seed": terms.seed,
        "erased": draw.erased,
        "population": [ask_id.hex() for ask_id in draw.population],
        "epochs": [
            {
                "epoch": each.statement.epoch,
                "statement": to_base64(each.statement.encode()),
                "signature": to_base64(each.signature),
            }
            for each in draw.epochs
        ],
        "asks": [_drawn_document(each) for each in draw.asks],
    }
    if terms.inspector:
        document["inspector"] = terms.inspector.hex()
    return _signed("draw", document, key)


def decode_draw(data: bytes) -> tuple[Draw, bytes, bytes]:
    """(draw, its canonical bytes, the owner's signature over them). Raises LancangError(INPUT_INVALID)."""
    try:
        outer = json.loads(data)
        said, signature = outer["draw"], from_base64(outer["signature"])
        _check_bounds(said)
        terms = DrawTerms(
            requester=str(said["requester"]),
            officer=str(said["officer"]),
            from_ms=int(said["from_ms"]),
            until_ms=int(said["until_ms"]),
            count=int(said["count"]),
            seed=str(said["seed"]),
            inspector=bytes.fromhex(said.get("inspector", "")),
        )
        alliance, owner = str(said["alliance"]), str(said["owner"])
        draw = Draw(
            alliance=alliance,
            owner=owner,
            terms=terms,
            made_ms=int(said["made_ms"]),
            erased=int(said["erased"]),
            population=tuple(bytes.fromhex(each) for each in said["population"]),
            epochs=tuple(
                SignedEpoch(EpochStatement.decode(from_base64(each["statement"])), from_base64(each["signature"]))
                for each in said["epochs"]
            ),
            asks=tuple(_drawn(each, alliance, owner, terms.requester) for each in said["asks"]),
        )
        return draw, rfc8785.dumps(said), signature
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as problem:
        raise LancangError(Code.INPUT_INVALID, "the file is no draw", remedy=_ANEW) from problem


def draw_hash(signed: bytes) -> bytes:
    """What an opening names of its draw: SHA-256 of the canonical bytes."""
    return hashlib.sha256(signed).digest()


def check_draw(draw: Draw, signed: bytes, signature: bytes, owner_key: bytes) -> None:
    """At the requester: the owner signed it, and drew as it says. Raises SIGNATURE_WRONG, INPUT_INVALID."""
    terms = draw.terms
    verify(owner_key, b"lancang/1/draw" + signed, signature)
    if [each.ask.ask_id for each in draw.asks] != select(draw.population, terms.seed, terms.count):
        raise LancangError(Code.INPUT_INVALID, "other asks were drawn than the seed demands", remedy=_ANEW)
    if not terms.from_ms < terms.until_ms <= draw.made_ms:
        raise LancangError(Code.INPUT_INVALID, "its period was not over when it was drawn", remedy=_ANEW)
    if not all(terms.from_ms <= each.ms < terms.until_ms for each in draw.asks):
        raise LancangError(Code.INPUT_INVALID, "an ask is dated outside the draw's period", remedy=_ANEW)
    if terms.officer and any(each.ask.officer != terms.officer for each in draw.asks):
        raise LancangError(Code.INPUT_INVALID, "an ask is of another officer than the draw is limited to", remedy=_ANEW)


def open_ask(prepared: PreparedSearch, drawn: Ask, questions: bytes) -> OpenedAsk | None:
    """What opens a drawn ask; None if it was not made of this search, and so is not opened by it."""
    if (drawn.search_id, drawn.commit, drawn.elements) != (prepared.search_id, prepared.commit, prepared.elements):
        return None
    blinds = tuple(prepared.blind(position) for position in range(len(prepared.inputs)))
    return OpenedAsk(drawn.ask_id, prepared.subject, prepared.salt, prepared.inputs, blinds, questions)


def encode_opening(opening: Opening, key: SigningKey, inspector: bytes | None) -> bytes:
    """The opening's file, signed by the requester; sealed to an inspector's key (X25519, 32 bytes) if one is given."""
    document = {
        "format": FORMAT,
        "alliance": opening.alliance,
        "owner": opening.owner,
        "requester": opening.requester,
        "draw": opening.draw.hex(),
        "made_ms": opening.made_ms,
        "asks": [
            {
                "ask_id": each.ask_id.hex(),
                "subject": to_base64(each.subject),
                "salt": to_base64(each.salt),
                "questions": each.questions.hex(),
                "inputs": [to_base64(x) for x in each.inputs],
                "blinds": [to_base64(blind) for blind in each.blinds],
            }
            for each in opening.asks
        ],
        "missing": [{"ask_id": ask_id.hex(), "why": why.value} for ask_id, why in opening.missing],
        "left_out": [ask_id.hex() for ask_id in opening.left_out],
    }
    data = _signed("opening", document, key)
    if inspector is None:
        return data
    return json.dumps({"sealed": to_base64(seal_to(inspector, data))}).encode() + b"\n"


def _drawn_document(drawn: DrawnAsk) -> dict[str, Any]:
    ask = drawn.ask
    return {
        "ask_id": ask.ask_id.hex(),
        "epoch": ask.scope.epoch,
        "search_id": ask.search_id.hex(),
        "purpose": ask.purpose,
        "case": to_base64(ask.case),
        "officer": ask.officer,
        "commit": ask.commit.hex(),
        "elements": to_base64(b"".join(ask.elements)),
        "signature": to_base64(ask.signature),
        "ms": drawn.ms,
    }


def _drawn(said: dict[str, Any], alliance: str, owner: str, requester: str) -> DrawnAsk:
    joined = from_base64(said["elements"])
    ask = Ask(
        scope=Scope(alliance, owner, requester, int(said["epoch"])),
        search_id=bytes.fromhex(said["search_id"]),
        purpose=str(said["purpose"]),
        case=from_base64(said["case"]),
        commit=bytes.fromhex(said["commit"]),
        elements=tuple(joined[at : at + ELEMENT_BYTES] for at in range(0, len(joined), ELEMENT_BYTES)),
        ask_id=bytes.fromhex(said["ask_id"]),
        signature=from_base64(said["signature"]),
        officer=str(said["officer"]),
    )
    return DrawnAsk(ask, int(said["ms"]))


def _signed(what: str, document: dict[str, Any], key: SigningKey) -> bytes:
    signature = key.sign(f"lancang/1/{what}".encode() + rfc8785.dumps(document))
    return json.dumps({what: document, "signature": to_base64(signature)}, sort_keys=True).encode() + b"\n"


def _check_bounds(said: dict[str, Any]) -> None:
    """What the owner's signature would not stop from being too large to compute with."""
    if said["format"] != FORMAT:
        raise ValueError("another format")
    epochs = [each["epoch"] for each in said["asks"]]
    texts = [said["alliance"], said["owner"], said["requester"], *(each["purpose"] for each in said["asks"])]
    if not all(isinstance(epoch, int) and 0 <= epoch < 2**32 for epoch in epochs):
        raise ValueError("no epoch has such a number")
    if not all(isinstance(text, str) and len(text) <= LONGEST_NAME for text in texts):
        raise ValueError("a name is too long")
    if not all(len(each["case"]) <= 2 * LONGEST_NAME for each in said["asks"]):
        raise ValueError("a case handle is too long")


_ANEW = "Ask the owner's auditor to draw anew, and carry the file unchanged."
