"""The first start after a restore: hear from the others what this node does not know of itself, before it serves.

They hold its later epoch statements, which it signed; a new epoch must follow the last of them, or it would be a second
key under one number. What was charged since the backup nobody honest can prove to be all: so each member counts as
having spent its day.
"""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy import Connection

from node.acts.backup.restore import members_left_out, read_marker
from node.acts.membership.own_keys import key_that_signed, own_signing_keys
from node.acts.runtime.node import Node
from node.acts.runtime.peer import Peer
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.exchange.epoch import check_statement, statement_hash
from node.model.epoch import SignedEpoch
from node.policy import budgets
from node.storage import epochs
from node.storage.epochs import EpochState

AGAIN_SECONDS = 2.0
_log = structlog.get_logger("restore")


async def take_up_restored(node: Node) -> None:
    """Do nothing unless the home was restored. Else wait until every member has been heard, and take up what they say.

    Raises LancangError: EPOCH_CHAIN if they hold two histories that this node signed.
    """
    marker = read_marker(node.home)
    if marker is None:
        return
    known = await node.read(epochs.own)
    if known and known[-1].state is not EpochState.CLOSED:
        # It has opened its epoch; only the marker was not removed any more.
        node.home.restored.unlink(missing_ok=True)
        return
    left_out = set(members_left_out(marker))
    wanted = {member.node_id for member in node.audiences()} - left_out
    _log.warning("restored: waiting to hear what the others know of this node", members=sorted(wanted))
    # From the last one that is known on, so that a long history does not hide its end.
    first = known[-1].epoch if known else 1
    peers = [node.peers[name] for name in sorted(wanted) if name in node.peers]
    heard = await asyncio.gather(*(_hear(node, peer, first) for peer in peers))
    keys = await node.read(own_signing_keys, node)
    missing = longest(node, [epoch.signed for epoch in known], heard, keys)
    now = node.clock.now_ms()
    detail: Detail = {
        "backup_ms": _number(marker, "ms"),
        "acts": _number(marker, "acts"),
        "epochs_learned": len(missing),
        "not_heard": " ".join(sorted(left_out)),
    }
    await node.write(_store, node, missing, now, detail)


def restored_done(node: Node) -> None:
    """The new epoch is open: the node is as any other."""
    node.home.restored.unlink(missing_ok=True)


async def _hear(node: Node, peer: Peer, first: int) -> tuple[SignedEpoch, ...]:
    """What a peer knows of this node's epochs from a number on; asked again until it answers."""
    told = False
    while True:
        try:
            return (await peer.hello(node.roster, first)).your_epochs
        except LancangError as problem:
            if not told:
                _log.warning("not heard yet", peer=peer.node_id, code=problem.code.value, detail=problem.detail)
            told = True
        await asyncio.sleep(AGAIN_SECONDS)


def longest(
    node: Node, own: list[SignedEpoch], heard: list[tuple[SignedEpoch, ...]], keys: tuple[bytes, ...]
) -> list[SignedEpoch]:
    """The statements that follow this node's own, as the member who knows most has them; all must agree.

    A statement counts only with this node's own signature: nobody can invent one.
    """
    chain = list(own)
    # In the order of their numbers: who joined late knows only the last of them.
    for signed in sorted((signed for told in heard for signed in told), key=lambda each: each.statement.epoch):
        said = signed.statement
        same = next((each for each in chain if each.statement.epoch == said.epoch), None)
        if same is not None and same.statement == said:
            continue
        if same is not None or (chain and said.epoch < chain[0].statement.epoch):
            raise LancangError(Code.EPOCH_CHAIN, f"two statements of this node for epoch {said.epoch}")
        check_statement(
            chain[-1] if chain else None,
            signed,
            alliance=node.alliance,
            owner=node.node_id,
            owner_key=key_that_signed(signed, keys),
        )
        chain.append(signed)
    return chain[len(own) :]


def _store(connection: Connection, node: Node, missing: list[SignedEpoch], now: int, detail: Detail) -> None:
    for signed in missing:
        epochs.add_closed(connection, signed, statement_hash(signed.statement))
    for member in node.audiences():
        budgets.exhaust(connection, member.node_id, node.policy.budget, now)
    record_act(connection, ActKind.NODE_RESTORED, node.node_id, "", now, detail)


def _number(marker: dict[str, object], key: str) -> int:
    value = marker.get(key)
    return value if isinstance(value, int) else 0
