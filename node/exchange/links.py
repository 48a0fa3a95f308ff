"""Links: what an owner tells, at the end of an epoch, of how its tags go on in the next one (protocol.md 12).

Who knows a hit knows it again; who does not sees pairs of random bytes. Links are batches of the old epoch's chain, in
one row with its deltas, so that a copy can't be given some and denied others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping, Sequence
from typing import Final

from node.errors import Code, LancangError
from node.exchange.batch import HASH_BYTES, links_hash
from node.exchange.chain import ChainState, check_order, check_promised, started
from node.exchange.terms import Random
from node.model.batch import REVOCATION_BYTES, TAG_BYTES, ChainPosition, Links

FIRST_MULTIPLE: Final = 1024
"""The first batches of an epoch are padded to a multiple of this many links, as the snapshot is of record places."""

LATER_MULTIPLE: Final = 64
"""Those that follow link what came since; deltas have told how much that may be."""

MOST_LINKS: Final = 65_536
"""In one batch: 917,504 bytes."""


def pad_links(pairs: Sequence[tuple[bytes, bytes]], multiple: int, used: Container[bytes], random: Random) -> bytes:
    """Pairs and dummies up to the next multiple, sorted. used: tags of the old chain, none of which a dummy bears."""
    if len(pairs) > MOST_LINKS:
        raise ValueError(f"at most {MOST_LINKS} links a batch")
    total = max(1, -(-len(pairs) // multiple)) * multiple
    entries = dict(pairs)
    while len(entries) < total:
        old = random(TAG_BYTES)
        if old not in used and old not in entries:
            entries[old] = random(TAG_BYTES)
    return b"".join(old + entries[old] for old in sorted(entries))


def next_links(state: ChainState, links: bytes, ms: int) -> tuple[ChainState, Links, bytes]:
    """The owner's next batch after state, its hash, and the state after it."""
    position = started(state)
    batch = Links(state.scope, position.seq + 1, ms, position.hash, links)
    digest = links_hash(batch)
    return dataclasses.replace(state, position=ChainPosition(batch.seq, digest)), batch, digest


def apply_links(state: ChainState, batch: Links) -> ChainState:
    """Check the next batch of links against the chain, as a delta is checked; it adds no postings.

    Raises LancangError: BATCH_MALFORMED, BATCH_GAP, BATCH_REPLAYED, BATCH_FORK.
    """
    if batch.scope != state.scope:
        raise LancangError(Code.BATCH_MALFORMED, "the links are of another index")
    count, left = divmod(len(batch.links), REVOCATION_BYTES)
    if left or not 0 < count <= MOST_LINKS or count % LATER_MULTIPLE:
        raise LancangError(Code.BATCH_MALFORMED, f"links come in multiples of {LATER_MULTIPLE}, at most {MOST_LINKS}")
    if len(batch.previous) != HASH_BYTES:
        raise LancangError(Code.BATCH_MALFORMED, "prev has 32 bytes")
    new = ChainPosition(batch.seq, links_hash(batch))
    check_order(started(state), batch.previous, new)
    check_promised(state, new.seq, new.hash)
    successors(batch.links)
    return dataclasses.replace(state, position=new)


def successors(links: bytes) -> Mapping[bytes, bytes]:
    """Old tag -> new tag. Raises LancangError(BATCH_MALFORMED) unless they are sorted and each old tag stands once."""
    found: dict[bytes, bytes] = {}
    last = b""
    for at in range(0, len(links), REVOCATION_BYTES):
        old, new = links[at : at + TAG_BYTES], links[at + TAG_BYTES : at + REVOCATION_BYTES]
        if old <= last:
            raise LancangError(Code.BATCH_MALFORMED, "links are not sorted, or an old tag stands twice")
        found[old] = new
        last = old
    return found
