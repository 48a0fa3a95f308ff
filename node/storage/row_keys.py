"""How a row is found without its plaintext: keyed BLAKE2b of what identifies it, under keys of its own.

Whoever holds the database but not the node's master key can neither name a record nor test a guess, nor see that two
records have the same content (the row enters the digest).
"""

from __future__ import annotations

from hashlib import blake2b

from node.crypto.sealing import derive_key
from node.model.encoding import lp, u32

ROW_BYTES = 16
DIGEST_BYTES = 16


class RowKeys:
    """The keyed hashes of one node. master: the node's master key, 32 bytes."""

    def __init__(self, master: bytes) -> None:
        self._row = derive_key(master, "storage-row")
        self._digest = derive_key(master, "storage-digest")

    def record(self, record_id: str) -> bytes:
        """The row of a record id: 16 bytes."""
        return blake2b(record_id.encode(), key=self._row, digest_size=ROW_BYTES, person=b"record").digest()

    def case(self, owner: str, number: str) -> bytes:
        """The row of a national case number for one owner: 16 bytes."""
        return blake2b(lp(owner) + lp(number), key=self._row, digest_size=ROW_BYTES, person=b"case").digest()

    def tag(self, owner: str, epoch: int, tag: bytes) -> bytes:
        """The mark by which another owner's tag is known again: 16 bytes."""
        said = lp(owner) + u32(epoch) + tag
        return blake2b(said, key=self._row, digest_size=ROW_BYTES, person=b"tag").digest()

    def subject(self, what: str, value: str) -> bytes:
        """The mark by which a name or a birth date that was searched is known again: 16 bytes."""
        return blake2b(lp(what) + lp(value), key=self._row, digest_size=ROW_BYTES, person=b"subject").digest()

    def content(self, row: bytes, content: bytes) -> bytes:
        """The digest by which the same content of the same record is known again: 16 bytes."""
        return blake2b(row + content, key=self._digest, digest_size=DIGEST_BYTES, person=b"content").digest()

    def file(self, file_hash: bytes) -> bytes:
        """The digest by which an import file is known again, from its plain hash: 16 bytes."""
        return blake2b(file_hash, key=self._digest, digest_size=DIGEST_BYTES, person=b"file").digest()
