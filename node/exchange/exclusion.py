"""The document of an exclusion <-> model (protocol.md, Exclusions). It names a request that both nodes know, nobody."""

from __future__ import annotations

from typing import Any, Final

from node.crypto.signing import SigningKey
from node.exchange.disclosure import FORMAT, choice
from node.exchange.documents import Reader, SignedDocument, malformed, sign_document
from node.model.encoding import LATEST_MS
from node.model.exclusion import EXCLUSION_ID_BYTES, ExclusionGround, ExclusionWord

EXCLUSION: Final = "lancang/1/exclusion"
_LONGEST_ID: Final = 64
_VERBS: Final = {"stands": False, "removed": True}


def sign_exclusion(word: ExclusionWord, key: SigningKey) -> SignedDocument:
    """The document, signed by the sender's roster key."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "alliance": word.alliance,
        "sender": word.sender,
        "recipient": word.recipient,
        "exclusion_id": word.exclusion_id.hex(),
        "request": word.request.hex(),
        "ground": word.ground.value,
        "state": "removed" if word.removed else "stands",
        "made_ms": word.made_ms,
    }
    return sign_document(EXCLUSION, said, key)


def read_exclusion(document: SignedDocument) -> ExclusionWord:
    """The word of a document, unverified. Raises LancangError MESSAGE_MALFORMED naming the field."""
    read = Reader(document.said, "exclusion")
    read.number("format", FORMAT)
    state = read.text("state", _LONGEST_ID)
    if state not in _VERBS:
        raise malformed(f"exclusion.state: one of {', '.join(_VERBS)} expected")
    word = ExclusionWord(
        alliance=read.text("alliance", _LONGEST_ID),
        sender=read.text("sender", _LONGEST_ID),
        recipient=read.text("recipient", _LONGEST_ID),
        exclusion_id=read.hex("exclusion_id", EXCLUSION_ID_BYTES),
        request=read.hex("request", 32),
        ground=choice(ExclusionGround, read.text("ground", _LONGEST_ID), "exclusion.ground"),
        removed=_VERBS[state],
        made_ms=read.number("made_ms", LATEST_MS),
    )
    read.finish()
    return word
