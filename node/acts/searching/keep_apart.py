"""Leave out of a result what people keep apart from its subject, and say so: nothing is dropped silently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from matcher.person import Person
from node.acts.runtime.node import Node
from node.acts.searching.ask_peer import Found, Matched, outcome_of
from node.exchange.same_subject import subject_keys
from node.model.search import NodeAnswer
from node.storage import exclusions

NOT_THIS_PERSON: Final = "excluded: not this person"

Apart = Mapping[bytes, bytes]
"""By a record's mark the exclusion that keeps it apart from a subject."""


async def kept_apart(node: Node, subjects: Mapping[bytes, Person]) -> dict[bytes, Apart]:
    """By search id, which records are kept apart from its subject; a search without any is absent."""
    marks = {
        search_id: {node.row_keys.subject(what, value) for what, value in subject_keys(person)}
        for search_id, person in subjects.items()
    }
    return await node.read(_apart, marks)


def _apart(connection: Connection, marks: Mapping[bytes, set[bytes]]) -> dict[bytes, Apart]:
    found = exclusions.of_subjects(connection, set().union(*marks.values()))
    if not found:
        return {}
    records = exclusions.tags_of(connection, set().union(*found.values()))
    apart: dict[bytes, Apart] = {}
    for search_id, subject in marks.items():
        ids = set().union(*(found.get(mark, set()) for mark in subject))
        pairs = {mark: exclusion_id for exclusion_id in sorted(ids) for mark in records.get(exclusion_id, set())}
        if pairs:
            apart[search_id] = pairs
    return apart


def without_excluded(node: Node, found: Sequence[Found], apart: Apart) -> list[Found]:
    """What peers answered to one search, without the tags of records that are kept apart from its subject."""
    return [_without(node, answer, matched, apart) for answer, matched in found]


def _without(node: Node, answer: NodeAnswer, matched: Matched | None, apart: Apart) -> Found:
    if matched is None:
        return answer, matched
    marks = [node.row_keys.tag(answer.node, answer.epoch or 0, each.tag) for each in matched.candidates]
    left = tuple(each for each, mark in zip(matched.candidates, marks, strict=True) if mark not in apart)
    if len(left) == len(matched.candidates):
        return answer, matched
    excluded = tuple(dict.fromkeys(apart[mark].hex() for mark in marks if mark in apart))
    reason = answer.reason
    if not left:
        reason = f"{reason}; {NOT_THIS_PERSON}" if reason else NOT_THIS_PERSON
    now = replace(answer, outcome=outcome_of(left), reason=reason, excluded=excluded)
    return now, replace(matched, candidates=left)
