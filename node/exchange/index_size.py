"""How large an index may be: what a requester makes room for, whatever its owner sends.

The roster's policy says how many records an index may hold. Each epoch has room for as many again in its deltas, and
for the deltas that cover traffic sends without any news.
"""

from __future__ import annotations

from typing import Final

from node.errors import Code, LancangError
from node.exchange.terms import Terms
from node.model.batch import SNAPSHOT_MULTIPLE
from node.model.epoch import EpochStatement
from node.model.roster import Policy

COVERS_A_SECOND: Final = 2


def most_in_snapshot(policy: Policy, terms: Terms) -> int:
    """Postings of the largest snapshot: those of all records, rounded up as every snapshot is."""
    multiple = SNAPSHOT_MULTIPLE * terms.postings_per_record
    return -(-policy.index_records * terms.postings_per_record // multiple) * multiple


def most_in_chain(policy: Policy, statement: EpochStatement) -> int:
    """Postings of the longest chain: a snapshot, as much again in deltas, and cover traffic for the whole epoch."""
    terms = Terms.of(statement)
    seconds = (statement.grace_until_ms - statement.from_ms) // 1000 if policy.cover_traffic else 0
    cover = COVERS_A_SECOND * seconds * terms.records_per_delta * terms.postings_per_record
    return 2 * most_in_snapshot(policy, terms) + cover


def check_snapshot_size(policy: Policy, statement: EpochStatement, postings: int) -> None:
    """Raise LancangError(INDEX_FAULT) for a snapshot that is larger than the policy allows."""
    most = most_in_snapshot(policy, Terms.of(statement))
    if postings > most:
        _too_large(statement, most)


def check_chain_size(policy: Policy, statement: EpochStatement, postings: int) -> None:
    """Raise LancangError(INDEX_FAULT) for a chain that has grown beyond what the policy allows."""
    most = most_in_chain(policy, statement)
    if postings > most:
        _too_large(statement, most)


def _too_large(statement: EpochStatement, most: int) -> None:
    raise LancangError(
        Code.INDEX_FAULT, f"the index of {statement.owner} in epoch {statement.epoch} has more than {most} postings"
    )
