"""A stream of bytes that only the holder of a private key can read: for backups, whose key is not on the machine.

A random key is sealed to an X25519 public key (libsodium's crypto_box_seal), and the data follow in frames of its
secretstream (XChaCha20-Poly1305). The last frame says that it is the last: what was cut off is not taken for whole.

    "lancang/1/backup" || sealed key (80) || stream header (24) || frames: u32 length || ciphertext
"""

from __future__ import annotations

from typing import BinaryIO, Final

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.utils import random as random_bytes

from node.errors import Code, LancangError
from node.model.encoding import u32

MAGIC: Final = b"lancang/1/backup"
PIECE_BYTES: Final = 1 << 20
"""Plaintext of one frame at most."""

_KEY_BYTES: Final = bindings.crypto_secretstream_xchacha20poly1305_KEYBYTES
_HEADER_BYTES: Final = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_OVERHEAD_BYTES: Final = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
_SEALED_BYTES: Final = _KEY_BYTES + bindings.crypto_box_SEALBYTES
_MESSAGE = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL


class BackupSealer:
    """Turns plaintext into the bytes of a backup, piece by piece."""

    def __init__(self, public_key: bytes) -> None:
        """public_key: X25519, 32 bytes. Raises ValueError for another length."""
        key = random_bytes(_KEY_BYTES)
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        header = bindings.crypto_secretstream_xchacha20poly1305_init_push(self._state, key)
        self.beginning = MAGIC + SealedBox(PublicKey(public_key)).encrypt(key) + header
        """What stands before the first frame."""

    def frame(self, piece: bytes, *, last: bool = False) -> bytes:
        """The frame of a piece of at most PIECE_BYTES; the last one may be empty."""
        tag = _FINAL if last else _MESSAGE
        sealed = bindings.crypto_secretstream_xchacha20poly1305_push(self._state, piece, None, tag)
        return u32(len(sealed)) + sealed


class BackupReader:
    """Gives the plaintext of a backup. Raises LancangError(BACKUP_DAMAGED) as soon as something is wrong."""

    def __init__(self, source: BinaryIO, private_key: PrivateKey) -> None:
        """Raises LancangError: BACKUP_DAMAGED for no backup, BACKUP_KEY for another key than it was made for."""
        self._source, self._rest, self._ended = source, b"", False
        if self._exactly(len(MAGIC)) != MAGIC:
            raise LancangError(Code.BACKUP_DAMAGED, "this is not a backup")
        sealed, header = self._exactly(_SEALED_BYTES), self._exactly(_HEADER_BYTES)
        try:
            key = SealedBox(private_key).decrypt(sealed)
        except CryptoError:
            raise LancangError(Code.BACKUP_KEY, "it was made for another key") from None
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(self._state, header, key)

    def read(self, size: int) -> bytes:
        """Up to size bytes; b"" only after the last frame."""
        while not self._rest and not self._ended:
            self._rest = self._frame()
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    def check_ended(self) -> None:
        """Read to the last frame, after which nothing may stand."""
        while not self._ended:
            self._frame()
        if self._source.read(1):
            raise LancangError(Code.BACKUP_DAMAGED, "bytes stand after its end")

    def _frame(self) -> bytes:
        length = int.from_bytes(self._exactly(4), "big")
        if not _OVERHEAD_BYTES <= length <= PIECE_BYTES + _OVERHEAD_BYTES:
            raise LancangError(Code.BACKUP_DAMAGED, "a frame of an impossible length")
        try:
            pull = bindings.crypto_secretstream_xchacha20poly1305_pull
            piece, tag = pull(self._state, self._exactly(length))
        except (CryptoError, RuntimeError):
            raise LancangError(Code.BACKUP_DAMAGED, "a frame was altered") from None
        self._ended = tag == _FINAL
        return bytes(piece)

    def _exactly(self, size: int) -> bytes:
        data = self._source.read(size)
        if len(data) != size:
            raise LancangError(Code.BACKUP_DAMAGED, "it is cut off")
        return data
