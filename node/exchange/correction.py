"""The document of a correction <-> model: what the owner signs, what the requester checks (protocol.md, Corrections).

What is rectified never widens: the fields that come are fields that were given, of the same request, by its owner.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import rfc8785

from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.exchange.disclosure import FORMAT, LONGEST_BOX, choice
from node.exchange.documents import Reader, SignedDocument, sign_document, to_base64
from node.model.correction import Correction, CorrectionKind
from node.model.disclosure import REQUEST_ID_BYTES, Field
from node.model.encoding import LATEST_MS

CORRECTION: Final = "lancang/1/correction"
MOST_CORRECTIONS: Final = 2**31 - 1
_LONGEST_ID: Final = 64
_CONTENT: Final = frozenset({"salt", "category", "minor", "fields"})


def sign_correction(correction: Correction, key: SigningKey) -> SignedDocument:
    """The correction's document, signed by the owner's roster key."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "alliance": correction.alliance,
        "owner": correction.owner,
        "requester": correction.requester,
        "request_id": correction.request_id.hex(),
        "request": correction.request.hex(),
        "number": correction.number,
        "kind": correction.kind.value,
        "roster_version": correction.roster_version,
        "made_ms": correction.made_ms,
    }
    if correction.kind is CorrectionKind.RECTIFIED:
        said["box"] = to_base64(correction.box)
    return sign_document(CORRECTION, said, key)


def read_correction(document: SignedDocument) -> Correction:
    """The correction of a document, unverified. Raises LancangError MESSAGE_MALFORMED naming the field."""
    read = Reader(document.said, "correction")
    read.number("format", FORMAT)
    kind = choice(CorrectionKind, read.text("kind", _LONGEST_ID), "correction.kind")
    correction = Correction(
        alliance=read.text("alliance", _LONGEST_ID),
        owner=read.text("owner", _LONGEST_ID),
        requester=read.text("requester", _LONGEST_ID),
        request_id=read.hex("request_id", REQUEST_ID_BYTES),
        request=read.hex("request", 32),
        number=read.number("number", MOST_CORRECTIONS),
        kind=kind,
        roster_version=read.number("roster_version", 2**32 - 1),
        box=read.binary("box", LONGEST_BOX) if kind is CorrectionKind.RECTIFIED else b"",
        made_ms=read.number("made_ms", LATEST_MS),
    )
    read.finish()
    return correction


def box_content(content: dict[str, Any]) -> bytes:
    """What is sealed of a rectified record: its content, in canonical JSON."""
    return rfc8785.dumps({"content": content})


def check_content(said: Any, given: Collection[str]) -> dict[str, Any]:
    """The content of an opened box. given: the fields that were given. Raises LancangError CORRECTION_WRONG."""
    content = said.get("content") if isinstance(said, dict) else None
    if not isinstance(content, dict) or content.keys() != _CONTENT or not isinstance(content["fields"], dict):
        raise LancangError(Code.CORRECTION_WRONG, "the box holds something else")
    category, minor = content["category"], content["minor"]
    if not isinstance(category, str) or len(category) > _LONGEST_ID or not isinstance(minor, bool):
        raise LancangError(Code.CORRECTION_WRONG, "the category is none")
    if not content["fields"].keys() <= set(given):
        raise LancangError(Code.CORRECTION_WRONG, "it holds fields that were not given")
    return content


def corrected_fields(names: Collection[str]) -> tuple[Field, ...]:
    """The fields of these names, in their order; unknown names are left out."""
    return tuple(each for each in Field if each.value in names)
