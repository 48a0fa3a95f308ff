"""The journal: one append-only table of acts, each written in the transaction of the act itself, with its leaf.

Triggers refuse to change or delete a row; only its detail can be forgotten. act_no counts 1, 2, 3, ... without a gap:
act n is leaf n - 1 of the tree (docs/audit.md). A detail holds no personal data: numbers, states, codes, ids and
hashes (in hex).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, and_, func, insert, or_, select, update

from node.audit import kept_tree
from node.audit.kept_tree import NewLeaf
from node.audit.kinds import CODES, ActKind
from node.audit.leaf import ACT_ID_BYTES, SALT_BYTES, Actors, Detail, Leaf, commitments
from node.audit.shared import FOR_ALL, TO_PEER, Shared
from node.errors import Code, LancangError
from node.storage import log
from node.storage.schema_acts import act

__all__ = [
    "Act",
    "ActKind",
    "Detail",
    "Done",
    "all_of",
    "between",
    "count",
    "count_since",
    "forget",
    "known_ids",
    "logging_as",
    "newest_of",
    "page",
    "record_act",
    "record_acts",
    "record_shared",
    "search",
    "shared_with",
    "take_in_old",
    "with_ids",
]

ACTORS: Final = "lancang_actors"
"""The execution option of the writing engine that says under which names officers stand in leaves."""

# Built once: a search writes seven acts, and building a statement costs more than running it.
_NEWEST = select(func.max(act.c.act_no))
_APPEND = insert(act)
_EVERY = select(act.c.act_no, act.c.act_id, act.c.ms, act.c.kind, act.c.actor, act.c.peer, act.c.detail)


@dataclass(frozen=True, slots=True)
class Act:
    """One act. actor: who did it here (an officer, a peer, or this node); peer: the node at the other end, or ''.

    forgotten: its detail has been erased.
    """

    act_no: int
    act_id: bytes
    ms: int
    kind: ActKind
    actor: str
    peer: str
    detail: Detail
    forgotten: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """An act to be written; its number is given as it is.

    act_id: 16 bytes, random unless both ends share it; salt: 32 bytes, likewise. may_repeat: the same may happen again,
    as when an ask is answered twice; then only the first has the shared id.
    """

    kind: ActKind
    actor: str
    peer: str
    ms: int
    detail: Detail
    act_id: bytes = field(default_factory=lambda: secrets.token_bytes(ACT_ID_BYTES))
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(SALT_BYTES))
    may_repeat: bool = False


def newest_act_ms(connection: Connection) -> int:
    """When the newest act was written; 0 if there is none."""
    return connection.scalar(select(act.c.ms).order_by(act.c.act_no.desc()).limit(1)) or 0


def record_act(
    connection: Connection,
    kind: ActKind,
    actor: str,
    peer: str,
    ms: int,
    detail: Detail | None = None,
    *,
    act_id: bytes | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Write an act in the caller's transaction (the writer's: act numbers are given one by one) and return its id.

    act_id, salt: 16 and 32 bytes, given where both ends share them; random otherwise.
    """
    done = Done(kind, actor, peer, ms, detail or {}, act_id or secrets.token_bytes(ACT_ID_BYTES),
                salt or secrets.token_bytes(SALT_BYTES))  # fmt: skip
    record_acts(connection, (done,))
    return done.act_id


def record_shared(
    connection: Connection, kind: ActKind, actor: str, peer: str, ms: int, detail: Detail, shared: Shared
) -> None:
    """Write an act that both ends log (shared.py). Where it happens again, only the first has the shared id."""
    done = Done(kind, actor, peer, ms, detail, shared.act_id, shared.salt, may_repeat=True)
    record_acts(connection, (done,))


def record_acts(connection: Connection, acts: Sequence[Done]) -> None:
    """Write several acts in the order given, in the caller's transaction (the writer's); the log grows by them."""
    if not acts:
        return
    stands = log.state(connection)
    actors: Actors = connection.get_execution_options().get(ACTORS, Actors())
    numbered = list(enumerate(_told_apart(connection, acts), start=stands.size + 1))
    connection.execute(_APPEND, [act_row(number, done) for number, done in numbered])
    kept_tree.append(connection, stands, [_leaf(number, done, actors) for number, done in numbered])


def logging_as(engine: Engine, actors: Actors) -> Engine:
    """The engine with whose connections acts are written: it knows under which names leaves show who acted."""
    return engine.execution_options(**{ACTORS: actors})


def _told_apart(connection: Connection, acts: Sequence[Done]) -> list[Done]:
    """The acts, those that may repeat another one's id under a new one if it is taken."""
    shared = [done.act_id for done in acts if done.may_repeat]
    if not shared:
        return list(acts)
    taken = known_ids(connection, shared)
    result = []
    for done in acts:
        if done.may_repeat and done.act_id in taken:
            result.append(replace(done, act_id=secrets.token_bytes(ACT_ID_BYTES)))
        else:
            taken.add(done.act_id)
            result.append(done)
    return result


def act_row(number: int, done: Done) -> dict[str, object]:
    """An act as its row of the table, without its leaf."""
    return {
        "act_no": number,
        "act_id": done.act_id,
        "ms": done.ms,
        "kind": done.kind,
        "actor": done.actor,
        "peer": done.peer,
        "detail": json.dumps(dict(done.detail), sort_keys=True, separators=(",", ":"), ensure_ascii=False),
    }


def _leaf(number: int, done: Done, actors: Actors) -> NewLeaf:
    said = Leaf(
        CODES[done.kind],
        done.act_id,
        done.ms,
        actors.shown(done.actor, done.peer),
        done.peer,
        commitments(done.salt, done.detail),
    )
    return NewLeaf(number, done.salt, said.encode())


def take_in_old(connection: Connection, most: int) -> int:
    """Give leaves to acts written before there was a tree, at most so many; returns how many had none."""
    stands = log.state(connection)
    actors: Actors = connection.get_execution_options().get(ACTORS, Actors())
    old = page(connection, stands.size, most)
    leaves = [
        _leaf(each.act_no, Done(each.kind, each.actor, each.peer, each.ms, each.detail, each.act_id), actors)
        for each in old
    ]
    if leaves:
        kept_tree.append(connection, stands, leaves)
    return len(leaves)


def known_ids(connection: Connection, act_ids: Sequence[bytes]) -> set[bytes]:
    """Those of these ids under which there is an act."""
    return {bytes(found) for found in connection.scalars(select(act.c.act_id).where(act.c.act_id.in_(act_ids)))}


def count(connection: Connection) -> int:
    """How many acts there are, which is the number of the newest."""
    return connection.scalar(_NEWEST) or 0


def count_since(connection: Connection, kind: ActKind, peer: str, since_ms: int) -> int:
    """How many acts of a kind with a peer there were after since_ms."""
    query = select(func.count()).where(act.c.kind == kind, act.c.peer == peer, act.c.ms > since_ms)
    return connection.scalar(query) or 0


def page(connection: Connection, after: int = 0, limit: int = 100, kind: ActKind | None = None) -> list[Act]:
    """Acts numbered after `after` in order, at most limit, of one kind or of all."""
    query = _EVERY.where(act.c.act_no > after).order_by(act.c.act_no).limit(limit)
    if kind is not None:
        query = query.where(act.c.kind == kind)
    return _acts(connection, query)


def search(
    connection: Connection,
    after: int,
    limit: int,
    *,
    kinds: Sequence[ActKind] = (),
    peer: str = "",
    from_ms: int = 0,
    until_ms: int = 0,
    case_handle: str = "",
    act_id: bytes = b"",
) -> list[Act]:
    """Acts numbered after `after` in order, at most limit, of these kinds, peer, time, case handle and id."""
    query = _EVERY.where(act.c.act_no > after).order_by(act.c.act_no).limit(limit)
    if kinds:
        query = query.where(act.c.kind.in_([kind.value for kind in kinds]))
    if peer:
        query = query.where(act.c.peer == peer)
    if from_ms:
        query = query.where(act.c.ms >= from_ms)
    if until_ms:
        query = query.where(act.c.ms < until_ms)
    if case_handle:
        query = query.where(act.c.detail.contains(f'"case_handle":"{case_handle}"', autoescape=True))
    if act_id:
        query = query.where(act.c.act_id == act_id)
    return _acts(connection, query)


def with_ids(connection: Connection, act_ids: Sequence[bytes]) -> list[Act]:
    """The acts of these ids, in the order of the log. Raises LancangError(INPUT_INVALID) if one is missing."""
    found = _acts(connection, _EVERY.where(act.c.act_id.in_(act_ids)).order_by(act.c.act_no))
    missing = set(act_ids) - {bytes(each.act_id) for each in found}
    if missing:
        raise LancangError(Code.INPUT_INVALID, f"act: none has the id {min(missing).hex()}")
    return found


def all_of(connection: Connection, kind: ActKind) -> list[Act]:
    """Every act of a kind, in order; for kinds that are rare."""
    return _acts(connection, _EVERY.where(act.c.kind == kind).order_by(act.c.act_no))


def forget(connection: Connection, numbers: Sequence[int]) -> None:
    """Erase the details of acts and what opens their commitments; leaves and places stay."""
    connection.execute(update(act).where(act.c.act_no.in_(numbers)).values(detail=""))
    log.erase_salts(connection, numbers)


def newest_of(connection: Connection, kind: ActKind) -> Act | None:
    """The newest act of a kind, if any."""
    found = _acts(connection, _EVERY.where(act.c.kind == kind).order_by(act.c.act_no.desc()).limit(1))
    return found[0] if found else None


def shared_with(connection: Connection, peer: str, after: int, until: int, limit: int) -> list[int]:
    """The numbers of acts that a peer is shown, and of those that concern everybody, after one and up to another."""
    both = and_(act.c.peer == peer, act.c.kind.in_(TO_PEER))
    concerns = or_(both, and_(act.c.peer == "", act.c.kind.in_(FOR_ALL)))
    query = select(act.c.act_no).where(act.c.act_no > after, act.c.act_no <= until, concerns)
    return list(connection.scalars(query.order_by(act.c.act_no).limit(limit)))


def between(
    connection: Connection, kind: ActKind, from_ms: int, until_ms: int, peer: str = "", containing: str = ""
) -> list[Act]:
    """The acts of a kind from one time on and before another, in order; with one peer or any, holding a text or any."""
    query = _EVERY.where(act.c.kind == kind, act.c.ms >= from_ms, act.c.ms < until_ms).order_by(act.c.act_no)
    if peer:
        query = query.where(act.c.peer == peer)
    if containing:
        query = query.where(act.c.detail.contains(containing, autoescape=True))
    return _acts(connection, query)


def _acts(connection: Connection, query: Select[Any]) -> list[Act]:
    return [
        Act(act_no, act_id, ms, ActKind(name), actor, peer, json.loads(detail) if detail else {}, not detail)
        for act_no, act_id, ms, name, actor, peer, detail in connection.execute(query)
    ]
