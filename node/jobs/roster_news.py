"""Telling the peers of a new roster, and fetching what one of them says it holds."""

from __future__ import annotations

import structlog

from node.acts.membership.learn_roster import announce, learn, show_waiting, take_up_pending
from node.acts.runtime.node import Node
from node.errors import Code, LancangError
from node.observe import INCIDENTS

# What no honest peer brings.
_FAULTS = frozenset({Code.ROSTER_FORK, Code.ROSTER_INVALID, Code.ROSTER_QUORUM, Code.MESSAGE_MALFORMED})
_AWAY = frozenset({Code.NODE_UNREACHABLE, Code.NODE_TIMEOUT, Code.NODE_DRAINING, Code.NODE_RESTORED})
_log = structlog.get_logger("roster")


class RosterNews:
    """Remembers which roster was announced last."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._announced = node.roster.hash

    async def turn(self) -> None:
        """Wait for news, then deal with all of it. Raises LancangError if a peer was away: it is asked again."""
        node = self._node
        await node.roster_news.wait()
        node.roster_news.clear()
        if self._announced != node.roster.hash:
            self._announced = node.roster.hash
            await announce(node)
        claims, node.roster_claims = node.roster_claims, {}
        away: LancangError | None = None
        for name, claim in claims.items():
            try:
                await learn(node, name, *claim)
            except LancangError as problem:
                _log.warning("roster not learned", peer=name, code=problem.code.value, detail=problem.detail)
                if problem.code in _FAULTS:
                    INCIDENTS.labels(name, problem.code.value).inc()
                if problem.code in _AWAY:
                    node.roster_claims.setdefault(name, claim)
                    away = problem
        await take_up_pending(node)
        await show_waiting(node)
        if away is not None:
            # Asked again after a growing pause: it may not greet for as long as its stream lasts.
            node.roster_news.set()
            raise away
