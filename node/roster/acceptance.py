"""Which roster follows which: a state machine without I/O (the root role of The Update Framework, 5.3).

The rules, in this order, so that each refusal says the first thing that is wrong:

1. A roster is well-formed (well_formed.py).
2. It is of the same alliance and kind (demo or not) as the one in force.
3. It is the one in force (then nothing changes), or its direct successor: version + 1, `previous` the hash of the one
   in force. An older version is a rollback, an equal one with another hash a fork, a later one waits for those between.
4. A quorum of its own members signed it with the keys it names (quorum.py says whose signature counts).
5. A quorum of the members of the one in force signed it, with the keys named there: members cannot be replaced by
   the newcomers alone. A member that changes its key signs with both.
6. It has not expired. The one in force may have: a late alliance can still be renewed.

The first roster of a node has nothing before it: rules 1, 4 and 6 hold, and the administrator compares its hash with
the other members' by another way.
"""

from __future__ import annotations

from datetime import UTC, datetime

from node.errors import Code, LancangError
from node.model.roster import Roster, SignedRoster
from node.roster.quorum import check_quorum, count
from node.roster.well_formed import check_well_formed

# Clocks of members differ a little; a roster from further ahead was dated wrongly.
MAX_AHEAD_MS = 5 * 60_000


def accept(current: SignedRoster | None, new: SignedRoster, now_ms: int) -> SignedRoster:
    """Return the roster to hold from now on: new, or current if new is the same version of it.

    Raises ROSTER_INVALID (also for a gap), ROSTER_FORK, ROSTER_STALE for a rollback, ROSTER_QUORUM, ROSTER_EXPIRED.
    """
    check_well_formed(new)
    if current is not None:
        if new.hash == current.hash:
            verify_at(new, now_ms)
            return current
        _check_successor(current, new.roster)
    check_quorum(new.roster, new, "its own", other=current.roster if current is not None else None)
    if current is not None:
        check_quorum(current.roster, new, "the present", other=new.roster)
    _check_time(new.roster, now_ms)
    return new


def accept_between(current: SignedRoster | None, new: SignedRoster, now_ms: int) -> SignedRoster:
    """accept() for a version that only leads to a later one: it may have expired meanwhile, and nothing else.

    A node that was down for longer than a roster lives would never get past it (The Update Framework, 5.3.10). The
    caller sees to it that a later one follows; the node searches nobody before that.
    """
    return accept(current, new, min(now_ms, new.roster.expires_ms - 1))


def verify_at(signed: SignedRoster, now_ms: int) -> None:
    """Check a roster by itself, as a node does with the one it holds: well-formed, signed by its quorum, not expired.

    Raises ROSTER_INVALID, ROSTER_QUORUM, ROSTER_EXPIRED.
    """
    check_well_formed(signed)
    check_quorum(signed.roster, signed, "its own")
    _check_time(signed.roster, now_ms)


def signers(roster: Roster, signed: SignedRoster) -> frozenset[str]:
    """The record holders of `roster` whose keys, as it names them, signed `signed` and count. Each counts once."""
    return count(roster, signed).counted


def _check_successor(current: SignedRoster, new: Roster) -> None:
    old = current.roster
    if new.alliance != old.alliance:
        raise _invalid("it is of another alliance")
    if new.demo != old.demo:
        raise _invalid("a demo alliance and a real one never follow each other")
    if new.version == old.version:
        raise LancangError(Code.ROSTER_FORK, f"another roster of version {new.version} is in force")
    if new.version < old.version:
        raise LancangError(Code.ROSTER_STALE, f"version {new.version} is older than version {old.version}, in force")
    if new.version > old.version + 1:
        raise LancangError(
            Code.ROSTER_INVALID,
            f"version {new.version} does not follow version {old.version}, in force",
            remedy="Take up the versions between them first, one after the other.",
        )
    if new.previous != current.hash:
        raise LancangError(
            Code.ROSTER_FORK, f"version {new.version} follows another version {old.version} than the one in force"
        )
    if new.issued_ms < old.issued_ms:
        raise _invalid("it was issued before the one in force")


def _check_time(roster: Roster, now_ms: int) -> None:
    if now_ms >= roster.expires_ms:
        raise LancangError(
            Code.ROSTER_EXPIRED,
            f"version {roster.version} expired on {datetime.fromtimestamp(roster.expires_ms / 1000, UTC):%F}",
        )
    if roster.issued_ms > now_ms + MAX_AHEAD_MS:
        raise LancangError(
            Code.ROSTER_INVALID,
            "it was issued in the future",
            remedy="Check this machine's clock, then the roster's date.",
        )


def _invalid(detail: str) -> LancangError:
    return LancangError(Code.ROSTER_INVALID, detail)
