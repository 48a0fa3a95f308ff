"""A correction: what an owner tells whoever it gave a record to, once the record has changed or is gone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CorrectionKind(StrEnum):
    """What has become of what was given. Values are signed and stored: they are added to, never changed."""

    RECTIFIED = "rectified"
    """Other values stand now, in the fields that were given or in the category."""
    ERASED = "erased"
    """The owner holds the record no more: nobody may keep what was given of it."""


@dataclass(frozen=True, slots=True, repr=False)
class Correction:
    """One correction of what was given under a request. request: SHA-256 of it, 32 bytes; request_id: 16 bytes.

    number: 1, 2, 3 ... of this request; the newest counts, by made_ms and then by number. box: sealed to the requester,
    empty if erased.
    """

    alliance: str
    owner: str
    requester: str
    request_id: bytes
    request: bytes
    number: int
    kind: CorrectionKind
    roster_version: int
    box: bytes
    made_ms: int
