"""What is known of a tag goes on with its record: to the next version, and over the end of an epoch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from node.storage import known_tags
from node.storage.engine import Database
from node.storage.known_tags import Known


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.writing.connect() as connection, connection.begin():
        yield connection


def test_the_first_hit_stays_the_first_as_long_as_any_is_kept(connection: Connection) -> None:
    known_tags.remember(connection, "th", 1, {b"m": b"hit one"}, 10, 100)
    known_tags.remember(connection, "th", 1, {b"m": b"hit two"}, 20, 200)
    assert known_tags.find(connection, [b"m", b"n"]) == {b"m": Known(b"hit one", 10)}
    assert not known_tags.delete_expired(connection, 199)
    assert known_tags.find(connection, [b"m"])
    known_tags.delete_expired(connection, 200)
    assert known_tags.find(connection, [b"m"]) == {}


def test_what_is_known_is_carried_to_the_tag_that_follows(connection: Connection) -> None:
    known_tags.remember(connection, "th", 1, {b"old": b"hit"}, 10, 100)
    assert known_tags.carry(connection, 2, {b"old": b"new", b"stranger": b"other"}) == 1
    assert known_tags.find(connection, [b"new", b"other"]) == {b"new": Known(b"hit", 10)}
    assert known_tags.of_owner(connection, "th", 2) == {b"new"}
    # The same word again changes nothing.
    assert known_tags.carry(connection, 2, {b"old": b"new"}) == 0


def test_a_tag_found_before_the_word_that_it_is_an_old_one_gets_the_older_hit(connection: Connection) -> None:
    known_tags.remember(connection, "th", 1, {b"old": b"hit"}, 10, 100)
    known_tags.remember(connection, "th", 2, {b"new": b"later"}, 20, 200)
    known_tags.carry(connection, 2, {b"old": b"new"})
    assert known_tags.find(connection, [b"new"]) == {b"new": Known(b"hit", 10)}
