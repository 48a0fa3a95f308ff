"""Matching, local to the requester: walk the list of every token bought, score the tags shared (protocol.md 6)."""

from __future__ import annotations

from collections.abc import Container, Mapping

from matcher.scoring import Candidate, FoundToken, score
from node.exchange.posting import posting_context, posting_key
from node.exchange.terms import Lookup
from node.exchange.walk import walk_many
from node.model.scope import Scope


def match(
    kinds: Mapping[int, int],
    evaluations: Mapping[int, bytes],
    *,
    secret: bytes,
    scope: Scope,
    lookup: Lookup,
    revoked: Container[bytes],
    population: float,
    prior: int,
    list_cap: int,
) -> list[Candidate]:
    """The tags of one owner's copy that the subject's tokens lead to, best first.

    kinds: the kind at each real position (PreparedSearch.kinds); evaluations: y at each (open_answer); secret: S of
    the copy; revoked: tags that no longer count; population: N; prior: M. Raises LancangError(INDEX_FAULT).
    """
    found = find_tokens(
        kinds, evaluations, secret=secret, scope=scope, lookup=lookup, revoked=revoked, list_cap=list_cap
    )
    return score(found, list(kinds.values()), population, prior)


def find_tokens(
    kinds: Mapping[int, int],
    evaluations: Mapping[int, bytes],
    *,
    secret: bytes,
    scope: Scope,
    lookup: Lookup,
    revoked: Container[bytes],
    list_cap: int,
) -> list[FoundToken]:
    """What the copy holds under each token bought: its live tags, none if it is too common to weigh anything."""
    context = posting_context(secret, scope)
    positions = sorted(evaluations)
    walks = walk_many(lookup, [posting_key(evaluations[position], context) for position in positions], list_cap)
    return [
        FoundToken(
            position,
            kinds[position],
            tuple(tag for tag in walk.tags if tag not in revoked),
            walk.common,
        )
        for position, walk in zip(positions, walks, strict=True)
    ]
