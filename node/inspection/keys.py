"""The file of an inspector's key: an X25519 pair that openings are sealed to. It never leaves the inspector."""

from __future__ import annotations

import base64
import json

from node.inspection.reading import load
from node.inspection.seals import KEY_BYTES, new_key, public_of


def make_key() -> tuple[bytes, bytes]:
    """(the file, the public key)."""
    private, public = new_key()
    said = {"inspector_key": base64.b64encode(private).decode(), "public": public.hex()}
    return json.dumps(said).encode() + b"\n", public


def read_key(data: bytes) -> bytes:
    """The private key of such a file. Raises FileRefusedError."""
    table = load(data, "key")
    private, _ = table.binary("inspector_key", KEY_BYTES), table.hexadecimal("public", KEY_BYTES)
    table.end()
    return private


def public_key(data: bytes) -> bytes:
    """The public key of such a file, computed anew. Raises FileRefusedError."""
    return public_of(read_key(data))
