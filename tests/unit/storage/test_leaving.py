"""Since when a member is gone, read from the rosters that were accepted here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from node.acts.upkeep.leavers import left_ms
from node.roster.documents import encode_signed
from node.storage import rosters
from node.storage.engine import Database
from tests.unit.roster.builders import NOW_MS, SIX, agency, roster_of, signed_by, successor


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.writing.connect() as connection, connection.begin():
        yield connection


def test_a_member_is_gone_since_the_first_version_without_it(connection: Connection) -> None:
    """vn is there, leaves, comes back and leaves again: the last leaving counts, not a later version without it."""
    everyone, without = roster_of().members, tuple(agency(node_id).member for node_id in SIX if node_id != "vn")
    current = signed_by(roster_of(), SIX)
    for members in (everyone, without, everyone, without, without):
        rosters.accept(
            connection,
            current.roster.version,
            encode_signed(current),
            current.hash,
            ms=NOW_MS + current.roster.version,
        )
        current = signed_by(successor(current, members=members, quorum=len(members) // 2 + 1), SIX)
    # Versions 1 and 2 name it, 3 does not, 4 does, 5 does not.
    assert left_ms(connection, "vn") == NOW_MS + 5
    rosters.accept(connection, 6, encode_signed(current), current.hash, ms=NOW_MS + 6)
    assert left_ms(connection, "vn") == NOW_MS + 5
