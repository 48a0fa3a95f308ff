"""Chains and their outbox: every change once, in order, none lost between a snapshot and its opening."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import IntegrityError

from node.crypto.sealing import Sealer
from node.errors import Code, LancangError
from node.model.batch import ChainPosition
from node.model.scope import Scope
from node.storage import chains, changes, deltas, imports, publishing, tags
from node.storage.chains import ChainState, Cursor, Snapshot
from node.storage.engine import Database
from node.storage.imports import Line
from node.storage.publishing import Batch, Pending, StoredDelta
from node.storage.records import Kind
from node.storage.row_keys import RowKeys
from node.storage.schema_publishing import chain, tag
from node.storage.tags import TagOf
from tests.unit.storage.builders import MS, sealed

_S = bytes(range(32))


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.writing.connect() as connection, connection.begin():
        yield connection


class _Owner:
    """An owner with records by name, and chains it opens and publishes."""

    def __init__(self, connection: Connection, sealer: Sealer, keys: RowKeys) -> None:
        self.connection, self.sealer, self.keys = connection, sealer, keys
        self._tags = 0

    def put(self, name: str, content: str = "content") -> None:
        changes.put(self.connection, sealed(self.keys, self.sealer, name, content), MS)

    def withdraw(self, name: str) -> None:
        changes.withdraw(self.connection, self.keys.record(name), MS)

    def stage(self, *names: str) -> int:
        begun = imports.begin(self.connection, names[0].encode(), names[0].encode(), MS)
        lines = [Line(place, sealed(self.keys, self.sealer, name)) for place, name in enumerate(names, 1)]
        imports.stage(self.connection, begun.import_no, lines, [], through=len(lines), ms=MS)
        return begun.import_no

    def flip(self, import_no: int) -> None:
        imports.make_visible(self.connection, import_no, MS)

    def open(self, audience: str = "cn", epoch: int = 1, cursor: Cursor | None = None) -> int:
        chain_no = chains.begin(self.connection, self.sealer, audience, epoch, _S)
        at = chains.latest(self.connection) if cursor is None else cursor
        chains.open_chain(self.connection, chain_no, Snapshot(f"{chain_no}.run", 24, b"h0", MS, at))
        return chain_no

    def pending(self, chain_no: int, limit: int = 100) -> list[Pending]:
        return publishing.pending(self.connection, chains.get(self.connection, chain_no), limit)

    def publish(self, chain_no: int, found: list[Pending]) -> None:
        position = chains.get(self.connection, chain_no).position
        assert position is not None
        seq = position.seq + 1
        added = []
        for each in found:
            if each.kind is Kind.PUT:
                self._tags += 1
                added.append(TagOf(self._tags.to_bytes(7, "big"), each.row, each.version))
        publishing.publish(
            self.connection,
            chain_no,
            [
                Batch(
                    StoredDelta(seq, MS, position.hash, f"h{seq}".encode(), b"postings", b"revocations"),
                    added,
                    [each.old_tag for each in found if each.old_tag],
                )
            ],
            found[-1].cursor,
        )

    def drain(self, chain_no: int, limit: int) -> list[Pending]:
        """Publish to the end, limit changes a delta."""
        every = []
        while found := self.pending(chain_no, limit):
            self.publish(chain_no, found)
            every += found
        return every

    def rows(self, *names: str) -> list[bytes]:
        return [self.keys.record(name) for name in names]


@pytest.fixture
def owner(connection: Connection, sealer: Sealer, keys: RowKeys) -> _Owner:
    return _Owner(connection, sealer, keys)


def test_a_snapshot_covers_what_was_visible_and_no_more(owner: _Owner) -> None:
    owner.put("before")
    cursor = chains.latest(owner.connection)
    owner.put("after")
    chain_no = owner.open(cursor=cursor)
    assert [each.row for each in owner.pending(chain_no)] == owner.rows("after")


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_imports_and_single_changes_come_in_the_order_they_became_visible(owner: _Owner, limit: int) -> None:
    chain_no = owner.open()
    first = owner.stage("i1", "i2", "i3")
    second = owner.stage("j1", "j2")
    owner.put("single 1")
    owner.flip(second)
    owner.put("single 2")
    owner.flip(first)
    told = owner.drain(chain_no, limit)
    assert [each.row for each in told] == owner.rows("single 1", "j1", "j2", "single 2", "i1", "i2", "i3")
    assert owner.pending(chain_no) == []


def test_an_import_that_becomes_visible_late_is_published_though_its_versions_are_older(owner: _Owner) -> None:
    chain_no = owner.open()
    staged = owner.stage("early")
    owner.put("single")
    owner.drain(chain_no, 8)
    owner.flip(staged)
    assert [each.row for each in owner.pending(chain_no)] == owner.rows("early")


def test_an_import_interrupted_in_the_middle_goes_on_where_it_was(owner: _Owner) -> None:
    chain_no = owner.open()
    owner.flip(owner.stage(*(f"r{each}" for each in range(10))))
    owner.publish(chain_no, owner.pending(chain_no, 4))
    owner.put("single")
    assert publishing.unpublished(owner.connection, chains.get(owner.connection, chain_no)) == 7
    assert publishing.most_behind(owner.connection) == 7
    assert [each.row for each in owner.drain(chain_no, 4)] == owner.rows(
        *(f"r{each}" for each in range(4, 10)), "single"
    )


def test_importing_writes_nothing_per_audience(owner: _Owner) -> None:
    for audience in ("cn", "kh", "la", "mm", "vn"):
        owner.open(audience)
    changed = "SELECT total_changes()"
    before = int(owner.connection.exec_driver_sql(changed).scalar_one())
    owner.flip(owner.stage(*(f"r{each}" for each in range(100))))
    # A version and its evaluations for each record, and a handful for the import.
    assert int(owner.connection.exec_driver_sql(changed).scalar_one()) - before <= 2 * 100 + 10


def test_a_version_replaced_before_it_was_published_is_passed_over(owner: _Owner) -> None:
    chain_no = owner.open()
    owner.put("a", "old")
    owner.put("b")
    owner.put("a", "new")
    told = owner.drain(chain_no, 8)
    assert [each.row for each in told] == owner.rows("b", "a")
    assert all(each.old_tag is None for each in told)


def test_a_replaced_record_revokes_its_old_tag(owner: _Owner) -> None:
    chain_no = owner.open()
    owner.put("a", "old")
    owner.drain(chain_no, 8)
    (old,) = tags.every(owner.connection, chain_no)
    owner.put("a", "new")
    (change,) = owner.drain(chain_no, 8)
    assert (change.kind, change.old_tag) == (Kind.PUT, old)
    (new,) = tags.every(owner.connection, chain_no) - {old}
    found_old, found_new = (tags.find(owner.connection, "cn", 1, each) for each in (old, new))
    assert found_old is not None
    assert found_new is not None
    assert (found_old.row, found_old.revoked_seq) == (found_new.row, 2)
    assert (found_new.version, found_new.revoked_seq) == (change.version, None)
    assert tags.standing(owner.connection, [chain_no], [change.row]) == {chain_no: {change.row: new}}


def test_a_withdrawn_record_revokes_and_one_never_published_is_passed_over(owner: _Owner) -> None:
    chain_no = owner.open()
    owner.put("a")
    owner.drain(chain_no, 8)
    owner.put("b")
    owner.withdraw("a")
    owner.withdraw("b")
    first, second = owner.pending(chain_no)
    assert (first.kind, first.old_tag is None) == (Kind.WITHDRAW, False)
    assert (second.kind, second.old_tag) == (Kind.WITHDRAW, None)
    owner.publish(chain_no, [first])
    publishing.pass_over(owner.connection, chain_no, second.cursor)
    assert owner.pending(chain_no) == []
    assert chains.get(owner.connection, chain_no).position == ChainPosition(2, b"h2")


def test_audiences_publish_each_at_its_own_pace(owner: _Owner) -> None:
    first, second = owner.open("cn"), owner.open("vn")
    owner.put("a")
    owner.put("b")
    owner.drain(first, 1)
    assert owner.pending(first) == []
    assert len(owner.pending(second)) == 2


def test_a_delta_that_does_not_follow_is_refused_whole(owner: _Owner) -> None:
    chain_no = owner.open()
    owner.put("a")
    (change,) = owner.pending(chain_no)
    for seq, previous in ((2, b"h0"), (1, b"other"), (0, b"h0")):
        with pytest.raises(LancangError) as refused:
            publishing.publish(
                owner.connection,
                chain_no,
                [Batch(StoredDelta(seq, MS, previous, b"h", b"", b""), [TagOf(b"t" * 7, change.row, change.version)])],
                change.cursor,
            )
        assert refused.value.code is Code.BATCH_GAP
    assert owner.pending(chain_no) == [change]
    assert tags.every(owner.connection, chain_no) == set()


def test_a_cursor_never_goes_back(owner: _Owner) -> None:
    chain_no = owner.open()
    owner.put("a")
    owner.drain(chain_no, 8)
    with pytest.raises(LancangError) as refused:
        publishing.pass_over(owner.connection, chain_no, Cursor(0, 0))
    assert refused.value.code is Code.BATCH_GAP


def test_a_tag_is_unique_in_its_chain_alone(owner: _Owner) -> None:
    first, second = owner.open("cn"), owner.open("vn")
    one, other = owner.rows("a", "b")
    tags.add(owner.connection, first, [TagOf(b"t" * 7, one, 1)])
    tags.add(owner.connection, second, [TagOf(b"t" * 7, one, 1)])
    with pytest.raises(IntegrityError):
        tags.add(owner.connection, first, [TagOf(b"t" * 7, other, 2)])
    assert tags.taken(owner.connection, first, [b"t" * 7, b"u" * 7]) == {b"t" * 7}


def test_links_join_the_tags_of_two_epochs(owner: _Owner) -> None:
    old, new = owner.open(epoch=1), owner.open(epoch=2)
    both, gone, revoked = owner.rows("both", "gone", "revoked")
    tags.add(owner.connection, old, [TagOf(b"1" * 7, both, 1), TagOf(b"2" * 7, gone, 2), TagOf(b"3" * 7, revoked, 3)])
    tags.add(owner.connection, new, [TagOf(b"4" * 7, both, 1), TagOf(b"5" * 7, revoked, 3)])
    tags.revoke(owner.connection, old, [b"3" * 7], 1)
    assert tags.unlinked(owner.connection, old, new, 10) == [(b"1" * 7, b"4" * 7)]
    tags.linked(owner.connection, old, [b"1" * 7], 1)
    assert tags.unlinked(owner.connection, old, new, 10) == []


def test_deltas_are_served_from_any_position(owner: _Owner) -> None:
    chain_no = owner.open()
    for each in range(3):
        owner.put(str(each))
        owner.drain(chain_no, 8)
    scope = Scope("mekong", "th", "cn", 1)
    served = deltas.after(owner.connection, chain_no, scope, 1, 10)
    assert [(each.batch.seq, each.batch.previous, each.hash) for each in served] == [
        (2, b"h1", b"h2"),
        (3, b"h2", b"h3"),
    ]
    assert [deltas.hash_at(owner.connection, chain_no, seq) for seq in (0, 3)] == [b"h0", b"h3"]
    with pytest.raises(LancangError) as refused:
        deltas.hash_at(owner.connection, chain_no, 4)
    assert refused.value.code is Code.INDEX_MISSING


def test_a_chain_given_up_while_built_is_built_anew_and_erased(owner: _Owner, sealer: Sealer) -> None:
    first = chains.begin(owner.connection, sealer, "cn", 1, _S)
    tags.add(owner.connection, first, [TagOf(bytes([each]) * 7, b"row", each) for each in range(5)])
    second = chains.begin(owner.connection, sealer, "cn", 1, bytes(32))
    found = chains.find(owner.connection, "cn", 1)
    assert found is not None
    assert (found.chain_no, found.position) == (second, None)
    assert [each.chain_no for each in chains.in_state(owner.connection, ChainState.DROPPED)] == [first]
    with pytest.raises(LancangError):
        chains.shared_secret(owner.connection, sealer, first)
    assert chains.erase(owner.connection, first, limit=3)
    while chains.erase(owner.connection, first, limit=3):
        pass
    assert owner.connection.scalar(select(func.count()).select_from(tag)) == 0
    assert owner.connection.scalars(select(chain.c.chain_no)).all() == [second]
    with pytest.raises(LancangError):
        chains.erase(owner.connection, second)


def test_an_open_chain_is_not_begun_or_opened_again(owner: _Owner, sealer: Sealer) -> None:
    chain_no = owner.open()
    with pytest.raises(LancangError):
        chains.begin(owner.connection, sealer, "cn", 1, _S)
    with pytest.raises(LancangError):
        chains.open_chain(owner.connection, chain_no, Snapshot("x", 0, b"h", MS, Cursor(0, 0)))


def test_a_secret_moved_to_another_chain_is_refused(owner: _Owner, sealer: Sealer) -> None:
    first, second = owner.open("cn"), owner.open("vn")
    assert chains.shared_secret(owner.connection, sealer, first) == _S
    moved = select(chain.c.shared_secret).where(chain.c.chain_no == first).scalar_subquery()
    owner.connection.execute(chain.update().where(chain.c.chain_no == second).values(shared_secret=moved))
    with pytest.raises(LancangError) as refused:
        chains.shared_secret(owner.connection, sealer, second)
    assert refused.value.code is Code.STORAGE_DAMAGED


def test_one_records_tags_are_found_without_reading_a_whole_chain(owner: _Owner) -> None:
    plans: list[str] = []

    def explained(connection: Connection, cursor: object, statement: str, parameters: object, *rest: object) -> None:
        if "FROM tag" in statement and not statement.startswith("EXPLAIN"):
            found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(parameters))  # type: ignore[arg-type]  # as it came
            plans.extend(str(step[3]) for step in found if " tag" in step[3] or " new" in step[3])

    event.listen(owner.connection, "before_cursor_execute", explained)
    tags.standing(owner.connection, [1, 2], owner.rows("one", "two"))
    tags.of_row(owner.connection, *owner.rows("one"))
    tags.unlinked(owner.connection, 1, 2, 10)
    tags.find(owner.connection, "cn", 1, b"t" * 7)
    chain_first = "SEARCH tag USING PRIMARY KEY (chain_no=?)"
    assert [plan for plan in plans if "row=?" not in plan and "tag=?" not in plan] == [chain_first]
    assert len(plans) == 5
