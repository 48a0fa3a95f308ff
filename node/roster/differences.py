"""What a new roster changes, in words that a lawyer reads: who joins and leaves, whose keys change, which rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from node.model.roster import Member, Policy, Roster
from node.roster.documents import policy_values

# What binds an owner only from its next epoch on: an epoch statement fixes them (protocol.md 2).
_NEXT_EPOCH = frozenset(
    {"postings_per_record", "records_per_delta", "list_cap", "ask_size", "epoch_seconds", "grace_seconds"}
)


def differences(old: Roster, new: Roster) -> list[str]:
    """One sentence a change, members first. Empty if nothing but version and dates changes."""
    return [*_members(old, new), *_rules(old, new)]


def _members(old: Roster, new: Roster) -> Iterator[str]:
    before = {member.node_id: member for member in old.members}
    after = {member.node_id: member for member in new.members}
    for node_id in sorted(after.keys() - before.keys()):
        joins = after[node_id]
        yield f"{node_id.upper()} ({joins.name}) joins as {joins.role.value}, at {joins.endpoint}."
    for node_id in sorted(before.keys() - after.keys()):
        yield (
            f"{node_id.upper()} ({before[node_id].name}) leaves: its streams and asks end at once, it gets nothing "
            "new; it keeps what it already matched."
        )
    for node_id in sorted(before.keys() & after.keys()):
        yield from _one(before[node_id], after[node_id])


def _one(old: Member, new: Member) -> Iterator[str]:
    who = new.node_id.upper()
    if old.name != new.name:
        yield f"{who} is called {new.name} (was {old.name})."
    if old.role is not new.role:
        yield f"{who} becomes {new.role.value} (was {old.role.value})."
    if old.endpoint != new.endpoint:
        yield f"{who} is called at {new.endpoint} (was {old.endpoint})."
    if old.certificate_authority != new.certificate_authority:
        yield f"{who} has a new certificate authority: certificates of the old one are refused at once."
    if old.signing_key != new.signing_key:
        yield f"{who} has a new signing key: what the old one signs from then on is refused."
    if old.sealing_key != new.sealing_key:
        yield f"{who} has a new sealing key."
    added, lifted = len(set(new.revoked) - set(old.revoked)), len(set(old.revoked) - set(new.revoked))
    if added:
        yield f"{who} revokes {added} more certificate{'s' * (added > 1)}."
    if lifted:
        yield f"{who} no longer lists {lifted} revoked certificate{'s' * (lifted > 1)}: believed again while valid."


def _rules(old: Roster, new: Roster) -> Iterator[str]:
    if old.quorum != new.quorum:
        yield f"{new.quorum} of {len(new.holders())} record holders must sign a roster (was {old.quorum} of " + (
            f"{len(old.holders())})."
        )
    if old.expires_ms != new.expires_ms:
        said = _second if _day(new.expires_ms) == _day(old.expires_ms) else _day
        yield f"It is valid until {said(new.expires_ms)} (was {said(old.expires_ms)})."
    before, after = _flat(old.policy), _flat(new.policy)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield _policy_change(name, before.get(name), after.get(name))


def _policy_change(name: str, before: Any, after: Any) -> str:
    if isinstance(before, list) and isinstance(after, list):
        parts = [f"adds {', '.join(sorted(set(after) - set(before)))}"] if set(after) - set(before) else []
        parts += [f"drops {', '.join(sorted(set(before) - set(after)))}"] if set(before) - set(after) else []
        return f"Policy: {name} {' and '.join(parts) or 'are put in another order'}."
    late = " It binds each owner from its next epoch on." if name in _NEXT_EPOCH else ""
    return f"Policy: {name} is {_word(after)} (was {_word(before)}).{late}"


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _flat(policy: Policy) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in policy_values(policy).items():
        flat |= {f"{name}.{inner}": one for inner, one in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def _second(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _day(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d}"
