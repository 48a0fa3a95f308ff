"""The test vectors of docs/protocol.md, computed by the code: from inputs that the page states, all deterministic.

`python -m tests.unit.docs.vectors` prints the table of the page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from hashlib import sha256

from matcher.tokens import Token
from node.audit.checkpoints import cosign, sign_checkpoint
from node.audit.kinds import CODES, ActKind
from node.audit.leaf import Detail, Leaf, commitments, field_salt
from node.audit.shared import About, Line
from node.audit.tree import leaf_hash
from node.crypto.hashing import blake
from node.crypto.signing import SigningKey
from node.crypto.voprf import Mode, blind_with, evaluate, reduce_scalar
from node.exchange.ask import ask_identity
from node.exchange.batch import chunk_hash, delta_hash, snapshot_hash
from node.exchange.epoch import derive_epoch_keys, statement_hash
from node.exchange.head import sign_head
from node.exchange.letter import letter_bytes, letter_hash, sign_receipt
from node.exchange.posting import encode_posting, posting_context, posting_key, record_content, slot
from node.exchange.prepared import PreparedSearch
from node.exchange.token import PAD_PREFIX, token_bytes
from node.model.ask import Ask
from node.model.batch import ChainPosition, Delta, SnapshotInfo
from node.model.checkpoint import Checkpoint
from node.model.courier import Kind, Letter, Refusal
from node.model.encoding import u16, u64
from node.model.epoch import EpochStatement
from node.model.scope import Scope

NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000
SCOPE = Scope("mekong", "th", "cn", 3)
SUBJECT = b'{"birth_date":"1986-12-09","names":[{"text":"Somchai Jaidee"}]}'


def of(byte: int, size: int = 32) -> bytes:
    """One byte, repeated."""
    return bytes([byte]) * size


def vectors() -> Iterator[tuple[str, str]]:
    """(name, hexadecimal value) of every vector, in the order of the page."""
    yield from _posting()
    yield from _epoch()
    yield from _ask()
    yield from _batches()
    yield from _letter()
    yield from _log()


def _posting() -> Iterator[tuple[str, str]]:
    key = posting_key(bytes(range(64)), posting_context(of(0x11), SCOPE))
    place = slot(key, 0)
    yield "K", key.hex()
    yield "label_0", f"{place.label:016x}"
    yield "mask_0", f"{place.mask:016x}"
    yield "posting", encode_posting(place, record_content(of(0xAA, 7))).hex()


def _epoch() -> Iterator[tuple[str, str]]:
    keys = derive_epoch_keys(of(0x33), "mekong", "th", 1)
    statement = EpochStatement(
        alliance="mekong",
        owner="th",
        epoch=1,
        public_key=keys.public,
        from_ms=NOW_MS,
        ask_until_ms=NOW_MS + 90 * DAY_MS,
        grace_until_ms=NOW_MS + 97 * DAY_MS,
        tables=of(0x44),
        postings_per_record=24,
        records_per_delta=8,
        list_cap=256,
        ask_size=64,
        roster_hash=of(0x55),
        previous=bytes(32),
    )
    x = token_bytes(Token(1, "passport:TH:AA1234567"))
    signer = SigningKey(of(0x22))
    yield "signing public key", signer.public.hex()
    yield "pk", keys.public.hex()
    yield "statement hash", statement_hash(statement).hex()
    yield "statement signature", signer.sign(statement.encode()).hex()
    yield "x_0", x.hex()
    yield "y of x_0", evaluate(keys, x).hex()


def _ask() -> Iterator[tuple[str, str]]:
    seed = of(0x66)
    inputs = (
        token_bytes(Token(1, "passport:TH:AA1234567")),
        *(PAD_PREFIX + of(place) for place in range(1, 64)),
    )
    blinds = [reduce_scalar(blake("lancang1.blind", seed, u16(place), 64)) for place in range(64)]
    elements = tuple(blind_with(x, blind, Mode.VOPRF) for x, blind in zip(inputs, blinds, strict=True))
    prepared = PreparedSearch(seed, of(0x88, 16), of(0x77), SUBJECT, inputs, elements)
    ask = Ask(
        scope=SCOPE,
        search_id=prepared.search_id,
        purpose="telecom-fraud",
        case=of(0x99, 16),
        commit=prepared.commit,
        elements=elements,
        ask_id=b"",
        signature=b"",
        officer="",
    )
    yield "r_0", blinds[0].hex()
    yield "B_0", elements[0].hex()
    yield "B_63", elements[63].hex()
    yield "commit", prepared.commit.hex()
    yield "ask_id", ask_identity(ask).hex()
    yield "rank", blake("lancang1.draw", sha256(b"beacon 1").digest(), ask_identity(ask), 32).hex()


def _batches() -> Iterator[tuple[str, str]]:
    chunk = b"".join(u64(place) + bytes(8) for place in range(1, 24 * 1024 + 1))
    snapshot = snapshot_hash(SnapshotInfo(SCOPE, NOW_MS, 24 * 1024, (chunk_hash(chunk),)))
    postings = b"".join(u64((1 << 63) + place) + bytes(8) for place in range(24 * 8))
    revocations = b"".join(of(place, 14) for place in range(8))
    delta = Delta(SCOPE, 1, NOW_MS + 500, snapshot, postings, revocations)
    head = sign_head(SCOPE, ChainPosition(1, delta_hash(delta)), NOW_MS + 500, SigningKey(of(0x22)))
    yield "chunk hash", chunk_hash(chunk).hex()
    yield "h of the snapshot", snapshot.hex()
    yield "h of the delta", delta_hash(delta).hex()
    yield "head signature", head.signature.hex()


def _letter() -> Iterator[tuple[str, str]]:
    letter = Letter(of(0xDD, 16), of(0xEE, 16), 1, Kind.DISCLOSURE_REQUEST, b"hello", NOW_MS, "cn", "th")
    key = SigningKey(of(0x22))
    written = letter_bytes("mekong", letter)
    refusal = Refusal("LCG-417", "this node knows no letter of kind disclosure-request")
    yield "letter", written.hex()
    yield "letter signature", key.sign(written).hex()
    yield "letter hash", letter_hash(written).hex()
    yield "receipt, accepted", sign_receipt(letter, None, NOW_MS + 1, letter_hash(written), key).signature.hex()
    yield "receipt, refused", sign_receipt(letter, refusal, NOW_MS + 1, letter_hash(written), key).signature.hex()


def _log() -> Iterator[tuple[str, str]]:
    shared = Line("mekong", "th", "cn").of_search(About.ASK, of(0x88, 16), of(0x12))
    answered = Line("mekong", "th", "cn").of_search(About.ANSWER, of(0x88, 16), of(0x12))
    detail: Detail = {"purpose": "telecom-fraud", "elements": 64}
    leaf = Leaf(CODES[ActKind.ASK_RECEIVED], shared.act_id, NOW_MS, "0f" * 16, "cn", commitments(shared.salt, detail))
    root = leaf_hash(leaf.encode())
    checkpoint = Checkpoint("mekong", "th", 1, 1, NOW_MS + 1, root)
    key = SigningKey(of(0x22))
    yield "act_id", shared.act_id.hex()
    yield "salt_f of purpose", field_salt(shared.salt, "purpose").hex()
    yield "commitment_f of purpose", leaf.commitments[1].hex()
    yield "leaf", leaf.encode().hex()
    yield "root of one leaf", root.hex()
    yield "checkpoint", checkpoint.encode().hex()
    yield "checkpoint signature", sign_checkpoint(checkpoint, key).signature.hex()
    yield "cosignature", cosign(checkpoint, "cn", NOW_MS + 2, key).signature.hex()
    yield "act_id of the answer", answered.act_id.hex()
    yield "act_salt of the answer", answered.salt.hex()


def main() -> int:
    """Print the rows of the page's table."""
    for name, value in vectors():
        sys.stdout.write(f"| {name} | `{value}` |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
