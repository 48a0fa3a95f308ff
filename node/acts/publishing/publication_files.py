"""A chain's files at its owner: the snapshot as it was published, and the set of published labels, made anew at start.

The database holds every delta, so all files but the snapshot can be lost: they are derived again.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from node.acts.runtime.node import Node
from node.acts.runtime.publications import Publication, UsedTags
from node.config import Home
from node.errors import Code, LancangError
from node.exchange.batch import chunk_hash, snapshot_hash
from node.exchange.chain import ChainState
from node.exchange.posting import decode_postings, encode_postings
from node.exchange.terms import Terms
from node.model.batch import CHUNK_POSTINGS, SnapshotInfo
from node.model.scope import Scope
from node.storage import chains, publishing, tags
from node.storage.chains import Chain
from node.storage.index_files import IndexCopy, Run, RunName, write_run

SNAPSHOT = RunName(0, 0)
_PAGE = 512


def chain_directory(home: Home, chain_no: int) -> Path:
    """Where a chain's files lie."""
    return home.index / "own" / str(chain_no)


def load_publication(connection: Connection, node: Node, chain: Chain, terms: Terms) -> Publication:
    """Open a chain as it stands in the database. Raises LancangError(STORAGE_DAMAGED)."""
    directory = chain_directory(node.home, chain.chain_no)
    scope = Scope(node.alliance, node.node_id, chain.audience, chain.epoch)
    snapshot = describe(directory, scope, chain.snapshot_ms)
    if snapshot_hash(snapshot) != chain.snapshot_hash or chain.position is None:
        raise LancangError(Code.STORAGE_DAMAGED, f"the snapshot of chain {chain.chain_no} was altered")
    labels = _fresh_labels(directory)
    index = IndexCopy(labels, [SNAPSHOT, *_derive_run(connection, chain.chain_no, labels)])
    state = ChainState(scope, terms, chain.position, index.postings)
    return Publication(
        chain_no=chain.chain_no,
        secret=chains.shared_secret(connection, node.sealer, chain.chain_no),
        terms=terms,
        snapshot=snapshot,
        directory=directory,
        index=index,
        state=state,
        tags=UsedTags(tags.every(connection, chain.chain_no)),
        ms=chain.ms,
        told=chain.position,
        head_ms=chain.head_ms,
    )


def _fresh_labels(directory: Path) -> Path:
    """A folder for the published labels. Merging may remove the snapshot from it; the published file stays."""
    labels = directory / "labels"
    shutil.rmtree(labels, ignore_errors=True)
    labels.mkdir(mode=0o700)
    (labels / SNAPSHOT.file_name).hardlink_to(directory / SNAPSHOT.file_name)
    return labels


def describe(directory: Path, scope: Scope, ms: int) -> SnapshotInfo:
    """What is announced of the snapshot in a directory: its size and chunk hashes, from the file itself."""
    run = Run.open(directory, SNAPSHOT)
    hashes = tuple(chunk_hash(read_chunk(run, start)) for start in range(0, len(run), CHUNK_POSTINGS))
    return SnapshotInfo(scope, ms, len(run), hashes)


def read_chunk(run: Run, start: int) -> bytes:
    """A chunk of a snapshot as it travels, from a position on."""
    end = min(start + CHUNK_POSTINGS, len(run))
    return encode_postings(run.labels[start:end], run.masked[start:end])


def _derive_run(connection: Connection, chain_no: int, directory: Path) -> list[RunName]:
    """Write all deltas of a chain as one run."""
    labels, masked, seq = [], [], 0
    while page := publishing.deltas(connection, chain_no, seq, _PAGE):
        found, contents = decode_postings(b"".join(delta.postings for delta in page))
        labels.append(found)
        masked.append(contents)
        seq = page[-1].seq
    if not seq:
        return []
    every, contents = np.concatenate(labels), np.concatenate(masked)
    order = np.argsort(every)
    return [write_run(directory, RunName(1, seq), every[order], contents[order])]
