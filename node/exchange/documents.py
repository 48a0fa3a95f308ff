"""Signed documents of a disclosure: canonical JSON (RFC 8785), a signature over a context and those bytes.

Who verifies computes the canonical bytes anew from what was parsed, so that one document has one form.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from node.crypto.signing import SigningKey, verify
from node.errors import Code, LancangError

MOST_DOCUMENT_BYTES: Final = 192 * 1024
_SHOWN: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class SignedDocument:
    """A document as parsed, its canonical bytes, and the signature that came with it."""

    said: dict[str, Any]
    canonical: bytes
    signature: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes: what others name it by."""
        return hashlib.sha256(self.canonical).digest()

    def encode(self) -> bytes:
        """As it travels and is kept."""
        return json.dumps({"said": self.said, "signature": to_base64(self.signature)}, ensure_ascii=False).encode()


def sign_document(what: str, said: dict[str, Any], key: SigningKey) -> SignedDocument:
    """Sign with a node's roster key. what: the context that is signed before the bytes."""
    canonical = rfc8785.dumps(said)
    return SignedDocument(said, canonical, key.sign(what.encode() + canonical))


def read_document(data: bytes) -> SignedDocument:
    """Parse what encode() wrote, unverified. Raises LancangError MESSAGE_MALFORMED or INPUT_TOO_LARGE."""
    if len(data) > MOST_DOCUMENT_BYTES:
        raise LancangError(Code.INPUT_TOO_LARGE, f"a document has at most {MOST_DOCUMENT_BYTES} bytes")
    try:
        outer = json.loads(data)
        said, signature = outer["said"], from_base64(outer["signature"])
        canonical = rfc8785.dumps(said)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise malformed("not a signed document") from problem
    if not isinstance(said, dict):
        raise malformed("not a signed document")
    return SignedDocument(said, canonical, signature)


def verify_document(what: str, document: SignedDocument, public: bytes) -> None:
    """Check a node's signature. Raises LancangError SIGNATURE_WRONG."""
    verify(public, what.encode() + document.canonical, document.signature)


def canonical_object(document: bytes, where: str) -> dict[str, Any]:
    """The object of canonical bytes. Raises LancangError MESSAGE_MALFORMED if it has another form."""
    try:
        said = json.loads(document)
        canonical = isinstance(said, dict) and rfc8785.dumps(said) == document
    except (ValueError, TypeError, RecursionError) as problem:
        raise malformed(f"{where}: not JSON") from problem
    if not canonical:
        raise malformed(f"{where}: not canonical JSON")
    return dict(said)


def malformed(detail: str) -> LancangError:
    """The error of a document that is not what it should be. detail: no content of it."""
    return LancangError(Code.MESSAGE_MALFORMED, detail)


def to_base64(value: bytes) -> str:
    """Base64 as JSON carries it."""
    return base64.b64encode(value).decode("ascii")


def from_base64(value: object) -> bytes:
    """Strict base64. Raises ValueError (binascii.Error is one) or TypeError."""
    if not isinstance(value, str):
        raise TypeError("base64 is a text")
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as problem:
        raise ValueError("not base64") from problem


class Reader:
    """Takes the members of a JSON object by name and type; what is left over at the end is refused by name."""

    def __init__(self, said: dict[str, Any], where: str) -> None:
        self._said, self._where, self._taken = said, where, set[str]()

    def text(self, name: str, longest: int) -> str:
        """A text of at most so many characters."""
        value = self._take(name)
        if not isinstance(value, str) or len(value) > longest:
            raise malformed(f"{self._where}.{name}: a text of at most {longest} characters expected")
        return value

    def number(self, name: str, most: int) -> int:
        """An integer from 0 to most."""
        value = self._take(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise malformed(f"{self._where}.{name}: a whole number up to {most} expected")
        return value

    def hex(self, name: str, size: int) -> bytes:
        """So many bytes in hex."""
        value = self.text(name, 2 * size)
        try:
            found = bytes.fromhex(value)
        except ValueError:
            found = b""
        if len(found) != size or value != found.hex():
            raise malformed(f"{self._where}.{name}: {size} bytes in hex expected")
        return found

    def binary(self, name: str, most: int) -> bytes:
        """At most so many bytes in base64."""
        try:
            found = from_base64(self._take(name))
        except (ValueError, TypeError):
            raise malformed(f"{self._where}.{name}: base64 expected") from None
        if len(found) > most:
            raise malformed(f"{self._where}.{name}: at most {most} bytes")
        return found

    def list(self, name: str, most: int) -> list[Any]:
        """A list of at most so many items."""
        value = self._take(name)
        if not isinstance(value, list) or len(value) > most:
            raise malformed(f"{self._where}.{name}: a list of at most {most} items expected")
        return value

    def object(self, name: str) -> dict[str, Any]:
        """An object."""
        value = self._take(name)
        if not isinstance(value, dict):
            raise malformed(f"{self._where}.{name}: an object expected")
        return value

    def has(self, name: str) -> bool:
        """Whether it is there."""
        return name in self._said

    def finish(self) -> None:
        """Nothing else may stand there: what one side does not understand it must not sign or act on."""
        unknown = sorted(self._said.keys() - self._taken)
        if unknown:
            raise malformed(f"{self._where}: {unknown[0][:_SHOWN]!r} is not known")

    def _take(self, name: str) -> Any:
        if name not in self._said:
            raise malformed(f"{self._where}.{name}: is missing")
        self._taken.add(name)
        return self._said[name]
