"""A node restored from a backup takes up what the others know, and opens an epoch whatever was under way then."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from node.acts.backup.after_restore import longest
from node.acts.backup.back_up import back_up
from node.acts.backup.restore import restore_home
from node.acts.epochs.own_epoch import key_of
from node.acts.epochs.rotate import begin_rotation, prepare
from node.acts.runtime.node import Node
from node.acts.upkeep.recover import recover
from node.errors import Code, LancangError
from node.exchange.epoch import sign_statement, statement_hash
from node.model.epoch import SignedEpoch
from node.storage import epochs
from tests.support import disk
from tests.unit.acts.owner import founded_owner, imported, owner_at

RECORD = {"record_id": "TH-1", "names": [{"text": "Somchai Jaidee"}], "birth_date": "1980-05-17"}


async def backed_up(node: Node, key: PrivateKey, file: Path) -> None:
    with file.open("wb") as out:
        async for _, piece in back_up(node, bytes(key.public_key), "administrator"):
            out.write(piece)


async def test_a_backup_made_while_an_epoch_was_prepared_opens_one_of_that_number_anew(tmp_path: Path) -> None:
    key, home = PrivateKey.generate(), founded_owner(tmp_path / "f")
    async with owner_at(home) as node:
        await imported(node, [RECORD])
        await begin_rotation(node, "administrator", "test")
        await prepare(node, (await node.read(epochs.own))[-1])
        await backed_up(node, key, tmp_path / "backup")
    with (tmp_path / "backup").open("rb") as source:
        home.path.rename(tmp_path / "lost")
        restore_home(source, key, home.path, ())
    assert disk.rows(home, "SELECT epoch, state FROM own_epoch") == [(1, "closed")]
    async with owner_at(home) as node:
        await recover(node)
        assert sorted(node.epochs) == [2]
        assert {publication.audience for publication in node.publications} == {"cn", "la"}
        await key_of(node, (await node.read(epochs.own))[-1])


async def chain_of(node: Node, length: int) -> list[SignedEpoch]:
    """This node's statement, and those that would follow it."""
    found = [each.signed for each in await node.read(epochs.own)]
    while len(found) < length:
        last = found[-1].statement
        said = replace(last, epoch=last.epoch + 1, previous=statement_hash(last), public_key=os.urandom(32))
        found.append(sign_statement(said, node.signing))
    return found


async def test_who_joined_late_knows_only_the_last_epochs_and_that_is_no_gap(tmp_path: Path) -> None:
    async with owner_at(founded_owner(tmp_path)) as node:
        known = await chain_of(node, 4)
        late, early = tuple(known[2:]), tuple(known)
        assert longest(node, known[:1], [late, early], (node.signing.public,)) == known[1:]
        with pytest.raises(LancangError) as refused:
            longest(node, known[:1], [late], (node.signing.public,))
        assert refused.value.code is Code.EPOCH_CHAIN


async def test_who_leaves_while_a_backup_is_made_leaves_no_copy_behind(tmp_path: Path) -> None:
    home = founded_owner(tmp_path)
    async with owner_at(home) as node:
        for waits in range(12):
            pieces = back_up(node, bytes(PrivateKey.generate().public_key), "administrator")
            making = asyncio.ensure_future(anext(pieces))
            for _ in range(waits):
                await asyncio.sleep(0.002)
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)
            await pieces.aclose()
        assert not list(home.database.parent.glob("backup-*"))
