"""The keys of a node in one JSON file, sealed under its secret (Argon2id, XChaCha20-Poly1305: crypto/sealing)."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from dataclasses import dataclass, fields
from pathlib import Path

from node.crypto.sealing import SALT_BYTES, Place, Sealer, stretch_secret
from node.crypto.signing import SigningKey
from node.errors import Code, LancangError
from node.storage.durable_files import write_durably

MAX_KEYSTORE_BYTES = 65_536
FORMAT = "lancang-keystore"
VERSION = 1
KEY_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """Every private key of a node, 32 bytes each but the TLS key, which is PKCS #8 PEM.

    signing_seed: Ed25519. sealing_key: X25519. storage_master: sealed columns derive theirs from it.
    officer_pseudonym: keys the stable pseudonyms under which peers know this node's officers.
    """

    signing_seed: bytes
    sealing_key: bytes
    storage_master: bytes
    officer_pseudonym: bytes
    tls_key_pem: bytes

    def __post_init__(self) -> None:
        for name in _FIXED:
            if len(getattr(self, name)) != KEY_BYTES:
                raise ValueError(f"{name} has {KEY_BYTES} bytes")

    @property
    def signing(self) -> SigningKey:
        """The node's signing key, ready for use."""
        return SigningKey(self.signing_seed)

    def __repr__(self) -> str:
        return "Keys()"

    def __reduce__(self) -> str:
        raise TypeError("the keys of a node are not pickled")


_FIXED = ("signing_seed", "sealing_key", "storage_master", "officer_pseudonym")


def new_keys(tls_key_pem: bytes) -> Keys:
    """Fresh random keys, with a TLS key made by certs."""
    return Keys(**{name: secrets.token_bytes(KEY_BYTES) for name in _FIXED}, tls_key_pem=tls_key_pem)


def write_keystore(path: Path, keys: Keys, node_id: str, secret: bytes) -> None:
    """Seal the keys of node_id under its secret into path, mode 0600, replacing it at once or not at all."""
    salt = secrets.token_bytes(SALT_BYTES)
    plaintext = json.dumps({each.name: _encode(getattr(keys, each.name)) for each in fields(Keys)}).encode()
    sealed = Sealer(stretch_secret(secret, salt)).seal(plaintext, _place(node_id))
    document = {
        "format": FORMAT,
        "version": VERSION,
        "node_id": node_id,
        "salt": _encode(salt),
        "sealed": _encode(sealed),
    }
    write_durably(path, (json.dumps(document, indent=2) + "\n").encode())


def open_keystore(path: Path, node_id: str, secret: bytes) -> Keys:
    """The keys of node_id. Takes about 0.1 s.

    Raises SECRET_WRONG when the secret does not open them (a changed byte looks the same), STORAGE_DAMAGED when the
    file is not a keystore, STORAGE_NEWER for a later format, FILE_UNREADABLE, CONFIG_INVALID when it is another node's.
    """
    document = _read(path)
    if document.get("version") != VERSION:
        newer = isinstance(version := document.get("version"), int) and version > VERSION
        raise LancangError(Code.STORAGE_NEWER, "keystore") if newer else _damaged()
    if document.get("node_id") != node_id:
        raise LancangError(Code.CONFIG_INVALID, "node_id: the keystore is another node's")
    salt, sealed = _decode(document.get("salt")), _decode(document.get("sealed"))
    if len(salt) != SALT_BYTES:
        raise _damaged()
    try:
        plaintext = Sealer(stretch_secret(secret, salt)).open(sealed, _place(node_id))
    except LancangError as error:
        raise LancangError(
            Code.SECRET_WRONG,
            "keystore",
            remedy="Give the secret this node was created with; if it is that, restore the keystore from a backup.",
        ) from error
    # What opens was sealed by write_keystore: a field too many or too few is a fault of this program, not of the disk.
    opened = json.loads(plaintext)
    return Keys(**{each.name: _decode(opened[each.name]) for each in fields(Keys)})


def _place(node_id: str) -> Place:
    return Place("keystore", node_id, f"v{VERSION}")


def _read(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEYSTORE_BYTES + 1)
    except OSError as error:
        raise LancangError(Code.FILE_UNREADABLE, "keystore") from error
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _damaged() from error
    if len(data) > MAX_KEYSTORE_BYTES or not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _damaged()
    return document


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _decode(value: object) -> bytes:
    if not isinstance(value, str):
        raise _damaged()
    try:
        data = base64.b64decode(value.encode("ascii"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise _damaged() from error
    if _encode(data) != value:  # unused bits at its end were changed
        raise _damaged()
    return data


def _damaged() -> LancangError:
    return LancangError(Code.STORAGE_DAMAGED, "keystore")
