"""What is sealed on disk is not shown in memory either: a trace or a log that prints one of these tells nothing."""

from __future__ import annotations

import pytest

from node.exchange.snapshot import EncodedRecord
from node.storage.epochs import EpochSecrets
from node.storage.records import Record, RecordState
from node.storage.sealed_records import Evaluations
from node.storage.searches import StoredHit, StoredSearch

SECRET = b"WHAT-NOBODY-MAY-SEE"
WHOLE = SECRET.ljust(64, b".")

HOLDERS = (
    EpochSecrets(SECRET, SECRET),
    Record(bytes(16), 1, RecordState.LIVE, "R-" + SECRET.decode(), SECRET, 0),
    Evaluations(b"\x01", WHOLE),
    EncodedRecord(SECRET[:7], (WHOLE,)),
    StoredSearch(bytes(16), "analyst", "telecom-fraud", SECRET, SECRET, 0, 1),
    StoredHit(bytes(8), bytes(16), "th", 1, SECRET[:7], "strong", 1.0, ("phone",), SECRET, 1),
)


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
def test_repr_shows_nothing_of_what_is_sealed(holder: object) -> None:
    shown = repr(holder) + str(holder) + f"{holder!r:>4}"
    assert SECRET[:7].decode() not in shown
    assert "strong" not in shown
