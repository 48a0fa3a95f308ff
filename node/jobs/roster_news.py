"""Telling the peers of a new roster, and fetching what one of them says it holds."""

from __future__ import annotations

import structlog

from node.acts.learn_roster import announce, learn, show_waiting, take_up_pending
from node.acts.node import Node
from node.errors import Code, LancangError
from node.observe import INCIDENTS

# What no honest peer brings.
_FAULTS = frozenset({Code.ROSTER_FORK, Code.ROSTER_INVALID, Code.ROSTER_QUORUM, Code.MESSAGE_MALFORMED})
_log = structlog.get_logger("roster")


class RosterNews:
    """Remembers which roster was announced last."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._announced = node.roster.hash

    async def turn(self) -> None:
        """Wait for news, then deal with all of it. What a peer fails to give is asked for when it greets again."""
        node = self._node
        await node.roster_news.wait()
        node.roster_news.clear()
        if self._announced != node.roster.hash:
            self._announced = node.roster.hash
            await announce(node)
        claims, node.roster_claims = node.roster_claims, {}
        for name, (version, hash_) in claims.items():
            try:
                await learn(node, name, version, hash_)
            except LancangError as problem:
                _log.warning("roster not learned", peer=name, code=problem.code.value, detail=problem.detail)
                if problem.code in _FAULTS:
                    INCIDENTS.labels(name, problem.code.value).inc()
        await take_up_pending(node)
        await show_waiting(node)
