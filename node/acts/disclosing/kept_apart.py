"""Who is kept apart from which record: what identifies a pair at each end, and the refusal of a request for one."""

from __future__ import annotations

import json

from sqlalchemy import Connection

from matcher.person import Person, PersonError, person_from_json
from node.acts.runtime.node import Node
from node.errors import Code, LancangError
from node.exchange.same_subject import subject_keys
from node.model.disclosure import Request
from node.storage import exclusions, known_tags, searches
from node.storage.searches import StoredHit


def subject_marks(node: Node, person: Person) -> set[bytes]:
    """The keyed hashes by which a subject is known again."""
    return {node.row_keys.subject(what, value) for what, value in subject_keys(person)}


def marks_of_line(node: Node, line: bytes) -> set[bytes]:
    """The same of a subject as it is kept, or as it was told; none of what is no person."""
    try:
        said = json.loads(line)
        return subject_marks(node, person_from_json({"query_id": "subject", **said}, id_key="query_id")[1])
    except (ValueError, TypeError, PersonError):
        return set()


def pair_marks(node: Node, request: Request) -> set[bytes]:
    """At the owner, whom a request is about: its case, and what was told of its subject."""
    case = node.row_keys.subject("kept apart: case", request.requester + request.case.hex())
    return {case} | marks_of_line(node, request.told)


def record_marks(connection: Connection, node: Node, owner: str, epoch: int, tag: bytes) -> list[tuple[bytes, int]]:
    """At the requester, every mark of a record that a tag names, each with its epoch."""
    mark = node.row_keys.tag(owner, epoch, tag)
    known = known_tags.find(connection, [mark]).get(mark)
    alike = [] if known is None else known_tags.alike(connection, known.hit_id)
    return list(dict.fromkeys([(mark, epoch), *alike]))


def check_asking(connection: Connection, node: Node, hit: StoredHit) -> None:
    """At the requester: a hit that is kept apart is not asked for. Raises LancangError KEPT_APART."""
    search = searches.get(connection, node.sealer, hit.search_id)
    subject = set() if search is None else marks_of_line(node, search.subject)
    ids = set().union(*exclusions.of_subjects(connection, subject).values())
    mark = node.row_keys.tag(hit.owner, hit.epoch, hit.tag)
    if any(mark in marks for marks in exclusions.tags_of(connection, ids).values()):
        raise LancangError(Code.KEPT_APART)


def check_asked(connection: Connection, node: Node, request: Request, row: bytes) -> None:
    """At the owner: a request for a pair that is kept apart is not taken in. Raises LancangError KEPT_APART."""
    if exclusions.of_row(connection, request.requester, row, pair_marks(node, request)) is not None:
        raise LancangError(Code.KEPT_APART)


def learn_kept_apart(connection: Connection, node: Node, hit_id: bytes) -> None:
    """An owner keeps a hit's record apart from its subject, and no link told so here: know it by this tag too.

    The owner finds the pair by its own record, so it does where a requester lost the way from one tag to the next.
    """
    hit = searches.get_hit(connection, node.sealer, hit_id)
    search = None if hit is None else searches.get(connection, node.sealer, hit.search_id)
    if hit is None or search is None:
        return
    marks = marks_of_line(node, search.subject)
    for exclusion_id in set().union(*exclusions.of_subjects(connection, marks).values()):
        one = exclusions.find(connection, node.sealer, exclusion_id)
        if one is not None and one.peer == hit.owner:
            mark = node.row_keys.tag(hit.owner, hit.epoch, hit.tag)
            exclusions.add_tag(connection, exclusion_id, mark, hit.owner, hit.epoch)
