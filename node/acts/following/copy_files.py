"""A copy's files at its requester: loading it as the database says it stands, and merging its deltas into runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog
from sqlalchemy import Connection

from node.acts.runtime.copies import Copy
from node.acts.runtime.node import Node
from node.config import Home
from node.errors import Code, LancangError
from node.exchange.chain import ChainState
from node.exchange.posting import decode_postings
from node.exchange.terms import Terms
from node.model.batch import Head
from node.model.epoch import EpochStatement
from node.model.scope import Scope
from node.storage import copies as table
from node.storage.faults import explained
from node.storage.index_files import IndexCopy, Merge, RunName

SNAPSHOT = RunName(0, 0)
_log = structlog.get_logger("copies")


def copy_directory(home: Home, scope: Scope) -> Path:
    """Where a copy's files lie."""
    return home.index / "copies" / f"{scope.owner}-{scope.epoch}"


def signed_head(head: Head) -> table.SignedHead:
    """A head as it is stored."""
    return table.SignedHead(head.seq, head.ms, head.hash, head.signature)


async def load_copy(node: Node, statement: EpochStatement, scope: Scope) -> Copy | None:
    """The copy of that scope as stored; None if there is none yet. Raises LancangError(STORAGE_DAMAGED)."""
    return await node.read(_load, node, statement, scope)


async def sound_copy(node: Node, statement: EpochStatement, scope: Scope) -> Copy | None:
    """As load_copy; a copy that is damaged here is forgotten, to be fetched again: the owner still has it.

    Its files are read whole, about a second a GiB: a content that had changed on disk would hide a record, unseen.
    """
    try:
        copy = await load_copy(node, statement, scope)
        if copy is not None:
            await asyncio.to_thread(copy.index.verify)
    except LancangError as problem:
        if problem.code is not Code.STORAGE_DAMAGED:
            raise
        _log.error("copy damaged, fetched again", owner=scope.owner, detail=problem.detail)
        await node.write(table.erase, scope.owner, scope.epoch)
        return None
    return copy


def _load(connection: Connection, node: Node, statement: EpochStatement, scope: Scope) -> Copy | None:
    stored = table.get(connection, scope.owner, scope.epoch)
    if stored is None or stored.position is None:
        return None
    directory = copy_directory(node.home, scope)
    if not directory.is_dir():
        raise LancangError(Code.STORAGE_DAMAGED, f"the copy of {scope.owner}'s index in epoch {scope.epoch} is gone")
    _sweep(directory, {run.file_name for run in stored.runs})
    index = IndexCopy(directory, [RunName.parse(run.file_name) for run in stored.runs])
    for seq, postings in table.unmerged(connection, scope.owner, scope.epoch):
        index.apply_delta(seq, *decode_postings(postings))
    head = None
    if stored.head is not None:
        head = Head(scope, stored.head.seq, stored.head.ms, stored.head.hash, stored.head.signature)
    return Copy(
        statement=statement,
        secret=table.shared_secret(connection, node.sealer, scope.owner, scope.epoch),
        state=ChainState(scope, Terms.of(statement), stored.position, index.postings, head),
        index=index,
        revoked=set(table.revocations(connection, scope.owner, scope.epoch)),
        forked=stored.state is table.CopyState.FAULTY,
    )


def _sweep(directory: Path, valid: set[str]) -> None:
    """Delete files that a kill left between a merge and its transaction."""
    for path in directory.iterdir():
        if path.name not in valid:
            path.unlink()


def _merged(copy: Copy) -> Merge | None:
    with explained():
        return copy.index.merge()


async def merge_copy(node: Node, copy: Copy) -> None:
    """Write the deltas in memory as a run; first the file, then the database's word, then the old files go."""
    merge = await node.compute(_merged, copy)
    if merge is None:
        return
    written, scope = merge.written, copy.scope
    run = table.Run(written.file_name, written.first_seq, written.last_seq)
    await node.write_bulk(table.merge, scope.owner, scope.epoch, run)
    copy.index.install(merge)
    copy.index.remove(merge.obsolete)
