"""The stored tree: it grows in the transaction of the act, and forgets content but no place."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from node.audit import journal, kept_tree, tree
from node.audit.journal import ActKind, Done, logging_as, record_act, record_acts
from node.audit.kinds import CODES
from node.audit.leaf import Actors, Leaf, commitments, pseudonym
from node.storage import log
from node.storage.engine import Database
from node.storage.writer import Writer

MS = 1_800_000_000_000


def done(number: int) -> Done:
    return Done(ActKind.SEARCH, "", "", MS + number, {"number": number})


def test_an_act_and_its_leaf_are_written_together_or_not_at_all(database: Database, writer: Writer) -> None:
    def fail(connection: Connection) -> None:
        record_acts(connection, [done(1), done(2)])
        raise ValueError("undone")

    writer.call(lambda connection: record_acts(connection, [done(0)]))
    with pytest.raises(ValueError, match="undone"):
        writer.call(fail)
    writer.call(lambda connection: record_acts(connection, [done(3)]))
    with database.reading() as reading:
        leaves = [Leaf.decode(each) for each in log.leaves(reading, 0, 99)]
        assert [leaf.ms for leaf in leaves] == [MS, MS + 3]
        assert log.state(reading).size == journal.count(reading) == 2
        assert log.counted(reading) == (2, 2, 1)


def test_roots_and_proofs_are_those_of_the_leaves_however_they_came(database: Database, writer: Writer) -> None:
    for count in (1, 2, 7, 1, 30, 4):
        writer.call(lambda connection, n=count: record_acts(connection, [done(i) for i in range(n)]))  # type: ignore[misc]  # a bound default
    with database.reading() as reading:
        leaves = list(log.leaves(reading, 0, 45))
        front, roots = tree.Frontier(), [tree.EMPTY_ROOT]
        for leaf in leaves:
            front.append(tree.leaf_hash(leaf))
            roots.append(front.root())
        stands = log.state(reading)
        assert (stands.size, list(stands.frontier)) == (45, front.hashes)
        assert [kept_tree.root(reading, size) for size in range(46)] == roots
        for act_no in (1, 17, 45):
            path = kept_tree.inclusion(reading, act_no, 45)
            assert tree.root_from_inclusion(tree.leaf_hash(leaves[act_no - 1]), act_no - 1, 45, path) == roots[45]
        assert tree.grew(11, roots[11], 45, roots[45], kept_tree.consistency(reading, 11, 45))


def test_a_leaf_says_what_its_act_says_and_names_no_officer(database: Database) -> None:
    writer = Writer(logging_as(database.writing, Actors("th", b"k" * 32)))
    detail = {"purpose": "fraud", "none": None}
    writer.call(lambda connection: record_act(connection, ActKind.ASK_SENT, "somchai", "cn", MS, detail,
                                              act_id=b"i" * 16, salt=b"s" * 32))  # fmt: skip
    writer.close()
    with database.reading() as reading:
        (leaf,) = log.leaves(reading, 0, 1)
        assert b"somchai" not in leaf
        assert b"fraud" not in leaf
        assert Leaf.decode(leaf) == Leaf(
            CODES[ActKind.ASK_SENT], b"i" * 16, MS, pseudonym(b"k" * 32, "somchai"), "cn",
            commitments(b"s" * 32, detail),
        )  # fmt: skip
        assert log.salts(reading, [1]) == {1: b"s" * 32}


def test_of_acts_that_may_repeat_the_first_has_the_id_that_both_ends_know(database: Database, writer: Writer) -> None:
    def answered(number: int) -> Done:
        return Done(ActKind.ASK_ANSWERED, "th", "cn", MS + number, {}, b"i" * 16, may_repeat=True)

    writer.call(lambda connection: record_acts(connection, [answered(0), answered(1)]))
    writer.call(lambda connection: record_acts(connection, [answered(2)]))
    with database.reading() as reading:
        ids = [act.act_id for act in journal.page(reading)]
    assert ids[0] == b"i" * 16
    assert len(set(ids)) == 3


def test_an_act_from_before_the_tree_enters_it_later_with_a_salt_of_its_own(database: Database, writer: Writer) -> None:
    def old(connection: Connection) -> None:
        for number in range(1, 8):
            detail = json.dumps({"number": number})
            connection.exec_driver_sql(
                "INSERT INTO act (act_no, act_id, ms, kind, actor, peer, detail) VALUES (?, ?, ?, 'search', '', '', ?)",
                (number, bytes([number]) * 16, MS + number, detail),
            )

    writer.call(old)
    with pytest.raises(IntegrityError):
        writer.call(lambda connection: record_acts(connection, [done(8)]))
    assert [writer.call(lambda connection: journal.take_in_old(connection, 4)) for _ in range(3)] == [4, 3, 0]
    writer.call(lambda connection: record_acts(connection, [done(8)]))
    with database.reading() as reading:
        leaves = [Leaf.decode(each) for each in log.leaves(reading, 0, 8)]
        salts = log.salts_between(reading, 0, 8)
    assert [leaf.ms for leaf in leaves] == [MS + number for number in range(1, 9)]
    assert [leaf.commitments for leaf in leaves] == [commitments(salts[n], {"number": n}) for n in range(1, 9)]
    assert len(set(salts.values())) == 8


def test_a_log_without_its_frontier_is_called_damaged(writer: Writer) -> None:
    writer.call(lambda connection: connection.exec_driver_sql("UPDATE log_state SET size = 3"))
    with pytest.raises(Exception, match="frontier"):
        writer.call(lambda connection: record_acts(connection, [done(1)]))
