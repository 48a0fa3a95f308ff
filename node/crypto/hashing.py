"""H(person, key, data, n) of protocol.md, conventions: keyed, personalised BLAKE2b (RFC 7693)."""

from __future__ import annotations

from hashlib import blake2b


def blake(person: str, key: bytes, data: bytes, size: int) -> bytes:
    """BLAKE2b of size bytes (1 to 64) over data.

    person: at most 16 ASCII characters, zero-padded to 16, that name the use. key: at most 64 bytes, may be empty.
    Raises ValueError on other lengths.
    """
    return blake2b(data, digest_size=size, key=key, person=person.encode("ascii")).digest()
