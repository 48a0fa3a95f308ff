"""The way back for a node that took the wrong one of two rosters: to a later version of the other line.

The later version names the one before by its hash, that one the one before it, down to the last version that both lines
share; so it does not matter who hands them over. Each is checked as if it had been taken up in its time, and only an
administrator's explicit wish takes this way. Both lines stay as evidence (roster_fork.py).
"""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy import Connection

from node.acts.membership.adopt_roster import keys_under, record_accepted, take_effect
from node.acts.membership.learn_roster import MOST_AHEAD
from node.acts.membership.roster_fork import report_fork
from node.acts.runtime.node import Node
from node.acts.runtime.to_the_end import to_the_end
from node.audit.journal import ActKind, Detail, record_act
from node.errors import Code, LancangError
from node.model.roster import SignedRoster
from node.roster.acceptance import accept, accept_between
from node.roster.documents import encode_signed, parse_signed
from node.storage import pending_rosters, rosters

_log = structlog.get_logger("roster")


async def adopt_over_fork(node: Node, document: bytes, actor: str) -> None:
    """Put a later version of the other line in force. actor: the administrator who wants it.

    Raises LancangError: INPUT_INVALID if it is not later or of no other line; NODE_UNREACHABLE if no peer hands over
    what is between; ROSTER_INVALID if the lines share no version that is known here; what acceptance.accept raises.
    """
    new = parse_signed(document)
    base, line = await _line_to(node, new)
    await to_the_end(_adopt(node, base, line, document, actor))


async def _line_to(node: Node, new: SignedRoster) -> tuple[SignedRoster, list[SignedRoster]]:
    """The last version that both lines share, and those of the other line after it."""
    _check_later(node, new)
    line = [new]
    for _ in range(MOST_AHEAD):
        first = line[0].roster
        shared = await node.read(rosters.get, first.version - 1)
        if shared is not None and shared.hash == first.previous:
            if first.version > node.roster.roster.version:
                raise LancangError(
                    Code.INPUT_INVALID, "it follows the version in force", remedy="Accept it without --over-fork."
                )
            return parse_signed(shared.document), line
        if first.version <= 2:
            break
        line.insert(0, await _handed_over(node, first.version - 1, first.previous))
    raise LancangError(
        Code.ROSTER_INVALID,
        "it shares no version with the one in force that this node knows",
        remedy="Found the node anew: it belongs to another beginning.",
    )


def _check_later(node: Node, new: SignedRoster) -> None:
    ours = node.roster.roster
    if new.roster.version <= ours.version:
        raise LancangError(
            Code.INPUT_INVALID,
            f"version {new.roster.version} is not later than version {ours.version}, in force",
            remedy="Wait for a later version that a quorum signs after the fork: it settles which one holds.",
        )


async def _handed_over(node: Node, version: int, hash_: bytes) -> SignedRoster:
    """A version by its hash, from whichever peer has it."""
    asked = await asyncio.gather(*(_from(node, name, version) for name in tuple(node.peers)))
    for signed in asked:
        if signed is not None and signed.hash == hash_:
            return signed
    raise LancangError(
        Code.NODE_UNREACHABLE,
        f"no member hands over version {version} of the other line",
        remedy="Try again when a member that holds it is in reach: `lancang peers`.",
    )


async def _from(node: Node, name: str, version: int) -> SignedRoster | None:
    try:
        return await node.compute(parse_signed, await node.peers[name].roster(version))
    except (LancangError, KeyError) as problem:
        _log.info("not handed over", peer=name, version=version, kind=type(problem).__name__)
        return None


async def _adopt(node: Node, base: SignedRoster, line: list[SignedRoster], document: bytes, actor: str) -> None:
    async with node.roster_turn:
        new, now = line[-1], node.clock.now_ms()
        _check_later(node, new)
        current = base
        for between in line[:-1]:
            current = accept_between(current, between, now)
        accept(current, new, now)
        keys = await node.compute(keys_under, node, new)
        left = node.roster
        for other in line[:-1]:
            ours = await node.read(rosters.get, other.roster.version)
            if ours is not None:
                await report_fork(node, parse_signed(ours.document), other, actor)
        detail: Detail = {
            "version": new.roster.version,
            "hash": new.hash.hex(),
            "left_version": left.roster.version,
            "left_hash": left.hash.hex(),
        }

        def store(connection: Connection) -> None:
            rosters.leave_line(connection, line[0].roster.version)
            for each in line:
                rosters.accept(connection, each.roster.version, encode_signed(each), each.hash, ms=now)
            pending_rosters.settle(connection, new.roster.version, new.hash)
            record_act(connection, ActKind.ROSTER_OVER_FORK, actor, "", now, detail)
            accepted: Detail = {"version": new.roster.version, "hash": new.hash.hex()}
            record_accepted(connection, node, new, actor, accepted, now)

        await take_effect(node, new, document, keys, store)
    _log.warning("roster of the other line in force", version=new.roster.version, left=left.hash.hex())
