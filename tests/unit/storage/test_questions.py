"""What is kept of questions: asks received, searches made, hits, case handles; and the rosters they stand under."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, func, select, update

from node.acts.searching.keep_search import kept_until
from node.crypto.sealing import Sealer
from node.errors import Code, LancangError
from node.model.suspension import Suspension
from node.roster.policy_defaults import default_policy
from node.storage import asks, cases, pending_rosters, rosters, searches, suspensions
from node.storage.engine import Database
from node.storage.pending_rosters import PendingRoster
from node.storage.row_keys import RowKeys
from node.storage.schema_searches import case_handle, hit, search
from node.storage.searches import StoredHit, StoredSearch
from tests.unit.storage.builders import MS, ask


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.writing.connect() as connection, connection.begin():
        yield connection


def _search(number: int, expires_ms: int = MS + 100) -> StoredSearch:
    return StoredSearch(bytes([number]) * 16, "analyst", "telecom-fraud", b"prepared", b"subject", MS, expires_ms)


def _hit(number: int, search_id: bytes, score: float = 0.5, expires_ms: int = MS + 100) -> StoredHit:
    return StoredHit(
        hit_id=bytes([number]) * 16,
        search_id=search_id,
        owner="th",
        epoch=1,
        tag=b"t" * 7,
        band="strong",
        score=score,
        agreed=("birth date", "whole name"),
        proof=b"blinds",
        expires_ms=expires_ms,
    )


def test_the_same_ask_again_is_known_and_another_with_its_search_id_refused(connection: Connection) -> None:
    assert not asks.known(connection, ask(1))
    asks.add(connection, ask(1), 64, MS)
    assert asks.known(connection, ask(1))
    with pytest.raises(LancangError) as refused:
        asks.known(connection, ask(2, search=1))
    assert refused.value.code is Code.ASK_REUSED
    assert not asks.known(connection, ask(3, search=1, requester="vn"))
    assert not asks.known(connection, ask(4, search=1, epoch=2))


def test_an_ask_comes_back_as_it_came_until_its_elements_are_erased(connection: Connection) -> None:
    asks.add(connection, ask(1), 64, MS)
    assert asks.get(connection, ask(1).ask_id, "mekong", "th") == asks.StoredAsk(ask(1), 64, MS)
    assert asks.get(connection, ask(2).ask_id, "mekong", "th") is None
    assert not asks.erase_elements(connection, 1)
    kept = asks.get(connection, ask(1).ask_id, "mekong", "th")
    assert kept is not None
    assert kept.ask == replace(ask(1), elements=())


def test_a_search_and_its_hits_come_back_best_first(connection: Connection, sealer: Sealer) -> None:
    made = _search(1)
    searches.add(connection, sealer, [made])
    low, high = _hit(1, made.search_id, 0.4), _hit(2, made.search_id, 0.9)
    searches.add_hits(connection, sealer, [low, high])
    assert searches.get(connection, sealer, made.search_id) == made
    assert searches.hits_of(connection, sealer, made.search_id) == [high, low]
    assert searches.get_hit(connection, sealer, low.hit_id) == low
    with pytest.raises(LancangError) as refused:
        searches.add(connection, sealer, [made])
    assert refused.value.code is Code.ASK_REUSED


def test_what_expired_is_deleted_in_steps(connection: Connection, sealer: Sealer) -> None:
    for number in range(1, 4):
        searches.add(connection, sealer, [_search(number, MS + number)])
        searches.add_hits(connection, sealer, [_hit(number, bytes([number]) * 16, expires_ms=MS + number)])
    assert searches.delete_expired(connection, MS + 2, limit=1) != (0, 0)
    while searches.delete_expired(connection, MS + 2, limit=1) != (0, 0):
        pass
    assert connection.scalars(select(search.c.search_id)).all() == [b"\3" * 16]
    assert connection.scalar(select(func.count()).select_from(hit)) == 1


def test_sealed_columns_cannot_change_rows_or_columns(connection: Connection, sealer: Sealer) -> None:
    searches.add(connection, sealer, [_search(1)])
    searches.add_hits(connection, sealer, [_hit(number, _search(1).search_id) for number in (1, 2)])
    body = select(hit.c.body).where(hit.c.hit_id == b"\1" * 16).scalar_subquery()
    connection.execute(update(hit).where(hit.c.hit_id == b"\2" * 16).values(body=body))
    connection.execute(update(search).values(prepared=search.c.subject))
    for look in (
        lambda: searches.get_hit(connection, sealer, b"\2" * 16),
        lambda: searches.get(connection, sealer, _search(1).search_id),
    ):
        with pytest.raises(LancangError) as refused:
            look()
        assert refused.value.code is Code.STORAGE_DAMAGED


def test_each_owner_knows_a_case_by_a_handle_of_its_own(connection: Connection, sealer: Sealer, keys: RowKeys) -> None:
    first = cases.handles_for(connection, sealer, keys, "CASE-7", {"th": b"1" * 16})["th"]
    both = cases.handles_for(connection, sealer, keys, "CASE-7", {"th": b"2" * 16, "vn": b"3" * 16})
    again, other = both["th"], both["vn"]
    assert (first, again, other) == (b"1" * 16, b"1" * 16, b"3" * 16)
    assert cases.number_of(connection, sealer, "th", first) == "CASE-7"
    assert cases.number_of(connection, sealer, "vn", first) is None
    moved = select(case_handle.c.number).where(case_handle.c.owner == "th").scalar_subquery()
    connection.execute(update(case_handle).where(case_handle.c.owner == "vn").values(number=moved))
    with pytest.raises(LancangError) as refused:
        cases.number_of(connection, sealer, "vn", other)
    assert refused.value.code is Code.STORAGE_DAMAGED


def test_rosters_go_forward_and_a_version_is_one_document(connection: Connection) -> None:
    assert rosters.newest(connection) is None
    assert rosters.accept(connection, 2, b"two", b"h2", ms=MS)
    assert not rosters.accept(connection, 2, b"two", b"h2", ms=MS)
    assert rosters.accept(connection, 3, b"three", b"h3", ms=MS)
    assert rosters.newest(connection) == rosters.StoredRoster(3, b"three", b"h3", MS)
    assert rosters.get(connection, 2) == rosters.StoredRoster(2, b"two", b"h2", MS)
    for version, hash_, code in ((3, b"other", Code.ROSTER_FORK), (1, b"h1", Code.ROSTER_STALE)):
        with pytest.raises(LancangError) as refused:
            rosters.accept(connection, version, b"", hash_, ms=MS)
        assert refused.value.code is code


def test_a_suspension_stands_until_it_is_ended_and_the_first_reason_stays(connection: Connection) -> None:
    first = Suspension("cn", MS, "administrator", "its key was stolen")
    assert suspensions.add(connection, first)
    assert not suspensions.add(connection, Suspension("cn", MS + 1, "another", "again"))
    assert suspensions.every(connection) == [first]
    assert suspensions.remove(connection, "cn")
    assert not suspensions.remove(connection, "cn")
    assert suspensions.every(connection) == []


def test_rosters_wait_one_a_version_until_one_is_in_force(connection: Connection) -> None:
    second, third = PendingRoster(2, b"two", b"h2", "cn", MS), PendingRoster(3, b"three", b"h3", "la", MS)
    assert pending_rosters.add(connection, second)
    assert pending_rosters.add(connection, third)
    assert not pending_rosters.add(connection, PendingRoster(3, b"other", b"h3b", "la", MS))
    assert pending_rosters.by_hash(connection, b"h3") == third
    pending_rosters.settle(connection, 2, b"h2")
    assert pending_rosters.every(connection) == [third]


def test_what_waits_is_forgotten_when_another_version_of_it_is_in_force(connection: Connection) -> None:
    pending_rosters.add(connection, PendingRoster(2, b"two", b"h2", "cn", MS))
    pending_rosters.add(connection, PendingRoster(3, b"three", b"h3", "cn", MS))
    pending_rosters.settle(connection, 2, b"another h2")
    assert pending_rosters.every(connection) == []


def test_a_search_is_kept_until_an_inspector_can_ask_no_more(connection: Connection, sealer: Sealer) -> None:
    """Thirty days for its hits; thirty more after the grace of the last epoch it was asked in, by default."""
    policy, day = default_policy(), 86_400_000
    assert kept_until(policy, MS, []) == MS + 30 * day
    assert kept_until(policy, MS, [MS + 5 * day, MS + 97 * day]) == MS + 127 * day
    assert kept_until(replace(policy, inspection_seconds=0), MS, [MS + 5 * day]) == MS + 30 * day
    searches.add(connection, sealer, [_search(1)])
    searches.keep_until(connection, [_search(1).search_id], MS + 500)
    searches.keep_until(connection, [_search(1).search_id], MS + 200)
    while searches.delete_expired(connection, MS + 499) != (0, 0):
        pass
    assert searches.get(connection, sealer, _search(1).search_id) is not None
    searches.delete_expired(connection, MS + 500)
    assert searches.get(connection, sealer, _search(1).search_id) is None
