"""Who is calling: a leaf certificate under the roster in force, remembered for a few seconds.

Verifying a leaf takes a third of a millisecond, a search opens many calls. What is remembered is bound to the roster
and to the time, so that a new roster counts at once and an expiry within seconds.
"""

from __future__ import annotations

from functools import lru_cache

from node.acts.membership.revocations import RevocationList
from node.acts.membership.standing import check_welcome
from node.acts.runtime.node import Node
from node.clock import SystemClock
from node.model.officer import Caller
from node.roster.membership import identify_officer, identify_peer
from node.services.gate import Identify

REMEMBERED_MS = 5_000
MOST_REMEMBERED = 256


def callers(node: Node) -> tuple[Identify, Identify]:
    """How the peers' door and the officers' door identify who calls."""
    # Certificates are believed by the system's time, as TLS itself does.
    clock = SystemClock()
    revoked = RevocationList(node.home)

    @lru_cache(MOST_REMEMBERED)
    def known_peer(leaf: bytes, _roster: bytes, _moment: int) -> Caller:
        return identify_peer(node.roster, leaf, clock.now_ms())

    @lru_cache(MOST_REMEMBERED)
    def known_officer(leaf: bytes, _roster: bytes, _moment: int) -> Caller:
        return identify_officer(node.roster, node.node_id, leaf, clock.now_ms())

    def peer(leaf: bytes) -> Caller:
        caller = known_peer(leaf, node.roster.hash, clock.now_ms() // REMEMBERED_MS)
        check_welcome(node, caller.name)
        return caller

    def officer(leaf: bytes) -> Caller:
        caller = known_officer(leaf, node.roster.hash, clock.now_ms() // REMEMBERED_MS)
        revoked.check(caller.fingerprint)
        return caller

    return peer, officer
