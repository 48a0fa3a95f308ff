"""Small stored things for tests: records with evaluations, asks, statements."""

from __future__ import annotations

from hashlib import sha256

from node.crypto.sealing import Sealer
from node.model.ask import Ask
from node.model.epoch import EpochStatement, SignedEpoch
from node.model.scope import Scope
from node.storage.row_keys import RowKeys
from node.storage.sealed_records import Evaluations, SealedRecord, seal_record

MS = 1_800_000_000_000


def evaluations(seed: str, count: int = 3) -> Evaluations:
    values = b"".join(sha256(f"{seed}{each}".encode()).digest() * 2 for each in range(count))
    return Evaluations(bytes(range(count)), values)


def sealed(keys: RowKeys, sealer: Sealer, record_id: str, content: str = "content", epoch: int = 1) -> SealedRecord:
    return seal_record(keys, sealer, record_id, content.encode(), {epoch: evaluations(record_id + content)})


def ask(number: int, search: int | None = None, requester: str = "cn", epoch: int = 1) -> Ask:
    return Ask(
        scope=Scope("mekong", "th", requester, epoch),
        search_id=(number if search is None else search).to_bytes(16, "big"),
        purpose="telecom-fraud",
        case=bytes(16),
        commit=bytes(32),
        elements=tuple(bytes([each]) * 32 for each in range(4)),
        ask_id=number.to_bytes(32, "big"),
        signature=bytes(64),
        officer="officer",
    )


def statement(owner: str, epoch: int, previous: bytes, key: int = 1) -> tuple[SignedEpoch, bytes]:
    said = EpochStatement(
        alliance="mekong",
        owner=owner,
        epoch=epoch,
        public_key=bytes([key]) * 32,
        from_ms=MS,
        ask_until_ms=MS + 1,
        grace_until_ms=MS + 2,
        tables=bytes(32),
        postings_per_record=24,
        records_per_delta=8,
        list_cap=256,
        ask_size=64,
        roster_hash=bytes(32),
        previous=previous,
    )
    return SignedEpoch(said, bytes(64)), sha256(said.encode()).digest()
