"""Who is kept apart from which record, and that it goes on with the record's tags until it is taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from node.crypto.sealing import Sealer
from node.errors import Code, LancangError
from node.model.exclusion import Exclusion, ExclusionGround, ExclusionSide
from node.storage import exclusions
from node.storage.engine import Database


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.writing.connect() as connection, connection.begin():
        yield connection


def exclusion(number: int, side: ExclusionSide = ExclusionSide.REQUESTER, row: bytes = b"") -> Exclusion:
    """One that an analyst made with th."""
    ground = ExclusionGround.ANOTHER
    return Exclusion(bytes([number]) * 16, side, "th", "analyst", ground, number, 0, row, b"q" * 32, "other man")


def test_it_is_found_by_any_mark_of_the_subject_and_carried_with_the_record(
    connection: Connection, sealer: Sealer
) -> None:
    one = exclusion(1)
    exclusions.add(connection, sealer, one, [b"whole", b"name"])
    exclusions.add_tag(connection, one.exclusion_id, b"old", "th", 1)
    assert exclusions.of_subjects(connection, [b"name", b"stranger"]) == {b"name": {one.exclusion_id}}
    assert exclusions.marks_of_owner(connection, "th", 1) == {b"old"}
    exclusions.carry(connection, 2, {b"old": b"new", b"stranger": b"other"})
    exclusions.carry(connection, 2, {b"old": b"new"})
    assert exclusions.tags_of(connection, [one.exclusion_id]) == {one.exclusion_id: {b"old", b"new"}}
    assert exclusions.marks_of_owner(connection, "th", 2) == {b"new"}


def test_one_that_is_taken_back_keeps_nobody_apart_and_stays_on_the_list(
    connection: Connection, sealer: Sealer
) -> None:
    one = exclusion(1)
    exclusions.add(connection, sealer, one, [b"whole"])
    exclusions.remove(connection, sealer, one, 50, "mixed up")
    assert exclusions.of_subjects(connection, [b"whole"]) == {}
    assert exclusions.listed(connection, sealer) == []
    (kept,) = exclusions.listed(connection, sealer, every=True)
    assert (kept.removed_ms, kept.reason) == (50, "other man; removed: mixed up")
    with pytest.raises(LancangError) as refused:
        exclusions.named(connection, sealer, "01")
    assert refused.value.code is Code.EXCLUSION_UNKNOWN


def test_an_owner_finds_the_pair_by_its_record_the_requester_and_a_mark(connection: Connection, sealer: Sealer) -> None:
    one = exclusion(2, ExclusionSide.OWNER, b"row")
    exclusions.add(connection, sealer, one, [b"case", b"told"])
    assert exclusions.of_row(connection, "th", b"row", [b"told"]) == one.exclusion_id
    assert exclusions.of_row(connection, "th", b"row", [b"other"]) is None
    assert exclusions.of_row(connection, "vn", b"row", [b"told"]) is None
    assert exclusions.of_row(connection, "th", b"other", [b"told"]) is None


def test_an_id_that_begins_like_another_is_asked_for_again(connection: Connection, sealer: Sealer) -> None:
    for number in (0x11, 0x12):
        exclusions.add(connection, sealer, exclusion(number), [])
    with pytest.raises(LancangError) as refused:
        exclusions.named(connection, sealer, "1")
    assert refused.value.code is Code.INPUT_INVALID
    assert exclusions.named(connection, sealer, "12").exclusion_id == b"\x12" * 16


def test_what_the_officer_wrote_is_sealed(connection: Connection, sealer: Sealer, database: Database) -> None:
    exclusions.add(connection, sealer, exclusion(1), [])
    body = connection.exec_driver_sql("SELECT body FROM exclusion").scalar_one()
    assert b"other man" not in body
