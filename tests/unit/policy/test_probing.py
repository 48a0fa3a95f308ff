"""Probing is counted from a node's own tables, is an alarm from the policy's numbers on, and not after it was seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, func, insert, select

from matcher.person import person_from_json
from node.acts.probing.marks import MOST_NAMES, MOST_NUMBERS, marks_of
from node.acts.probing.watch_probing import both_sides
from node.acts.runtime.node import Node
from node.audit.journal import ActKind, record_act
from node.crypto.sealing import Sealer
from node.model.alarm import AlarmKind, Concern, Measured
from node.model.roster import Alarms
from node.policy.probing import (
    DAY_MS,
    HOUR_MS,
    dates_over_one_name,
    measure,
    names_over_one_date,
    night_start,
    numbers_alike,
    owner_side,
    requester_side,
)
from node.storage import alarms, search_marks, searches
from node.storage.engine import open_database
from node.storage.schema_acts import alarm as alarm_table
from node.storage.schema_asks import ask
from node.storage.search_marks import ALIKE, NUMBER_MARK_BYTES, Marks, NumberMarks, SearchSeen
from node.storage.searches import StoredSearch
from tests.unit.acts.owner import founded_owner, owner_at

RULES = Alarms(night_asks=3, rate_factor=4, rate_asks=5, officer_asks=4, single_ask_cases=4, dates_per_name=3,
               names_per_date=3, possible_hits=6)  # fmt: skip
MIDNIGHT = 1_800_000_000_000 // DAY_MS * DAY_MS
NOON = MIDNIGHT + 12 * HOUR_MS
NIGHT = MIDNIGHT + 18 * HOUR_MS
"""An hour of the night: 1 o'clock in Bangkok."""


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = open_database(tmp_path / "node.db")
    with database.writing.connect() as connection, connection.begin():
        yield connection
    database.close()


def asked(connection: Connection, *times: int, peer: str = "cn", officer: str = "o1", case: bytes = b"c") -> None:
    """Asks as the owner's log has them."""
    for ms in times:
        number = (connection.scalar(select(func.count()).select_from(ask)) or 0) + 1
        connection.execute(
            insert(ask).values(
                ask_id=number.to_bytes(32, "big"), requester=peer, epoch=1, search_id=number.to_bytes(16, "big"),
                officer=officer, purpose="fugitive", case_handle=case, commit=bytes(32), elements=b"",
                signature=bytes(64), charged=64, ms=ms,
            )
        )  # fmt: skip


def seen_at(connection: Connection, now: int, rules: Alarms = RULES) -> dict[Concern, int]:
    """What would be an alarm now, with how much was counted."""
    return {each.concern: each.number for each in measure(owner_side(connection, rules, now), {})}


def test_asks_of_one_night_are_counted_together_and_no_others(connection: Connection) -> None:
    asked(connection, NOON, NIGHT, NIGHT + HOUR_MS, case=b"1")
    assert Concern(AlarmKind.NIGHT, "cn") not in seen_at(connection, NIGHT + 2 * HOUR_MS)
    asked(connection, NIGHT + 2 * HOUR_MS)
    assert seen_at(connection, NIGHT + 2 * HOUR_MS)[Concern(AlarmKind.NIGHT, "cn")] == 3
    # The next day still tells of it; the next night counts anew.
    assert seen_at(connection, NOON + DAY_MS)[Concern(AlarmKind.NIGHT, "cn")] == 3
    assert Concern(AlarmKind.NIGHT, "cn") not in seen_at(connection, NIGHT + DAY_MS)


@given(st.integers(0, 23), st.integers(0, 10 * DAY_MS))
def test_the_night_began_within_the_last_day(hour: int, ms: int) -> None:
    start = night_start(MIDNIGHT + ms, Alarms(night_from_hour=hour))
    assert 0 <= MIDNIGHT + ms - start < DAY_MS
    assert start % DAY_MS == hour * HOUR_MS


def test_a_rate_is_unusual_against_the_peers_own_past(connection: Connection) -> None:
    rate = Concern(AlarmKind.RATE, "cn")
    for day in range(1, 11):
        asked(connection, *(NOON - day * DAY_MS - place * HOUR_MS for place in range(1, 4)))
    # Three a day in the past: twelve are unusual, eleven are not.
    asked(connection, *(NOON - place for place in range(11)))
    assert rate not in seen_at(connection, NOON)
    asked(connection, NOON)
    assert seen_at(connection, NOON)[rate] == 12
    # Another peer has no past: five are enough.
    asked(connection, *(NOON - place for place in range(5)), peer="vn")
    assert seen_at(connection, NOON)[Concern(AlarmKind.RATE, "vn")] == 5


def test_many_asks_of_one_pseudonym_are_told_from_many_of_several(connection: Connection) -> None:
    for officer in ("o1", "o2", "o3"):
        asked(connection, NOON, NOON - 1, NOON - 2, officer=officer)
    assert not [concern for concern in seen_at(connection, NOON) if concern.kind is AlarmKind.OFFICER]
    asked(connection, NOON - 3, officer="o2")
    assert seen_at(connection, NOON)[Concern(AlarmKind.OFFICER, "cn", "o2")] == 4


def test_cases_with_a_single_ask_are_counted_over_the_window(connection: Connection) -> None:
    singles = Concern(AlarmKind.CASES, "cn")
    for case in range(4):
        asked(connection, NOON - case * DAY_MS, case=bytes([case]), officer=str(case))
    assert seen_at(connection, NOON)[singles] == 4
    asked(connection, NOON - 9, case=bytes([1]))
    assert singles not in seen_at(connection, NOON)


def test_what_was_acknowledged_is_not_counted_again(connection: Connection) -> None:
    asked(connection, *(NOON - place for place in range(4)))
    watched = owner_side(connection, RULES, NOON)
    concern = Concern(AlarmKind.OFFICER, "cn", "o1")
    assert [each.number for each in measure(watched, {}) if each.concern == concern] == [4]
    assert not [each for each in measure(watched, {concern: NOON}) if each.concern == concern]
    asked(connection, *(NOON + place for place in range(1, 5)))
    later = owner_side(connection, RULES, NOON + 10)
    assert [each.number for each in measure(later, {concern: NOON}) if each.concern == concern] == [4]


def search(officer: str, name: str, date: str, ms: int = NOON, possible: int = 0, january: bool = False) -> SearchSeen:
    """A search as the requester's node remembers it."""
    return SearchSeen(officer, ms, Marks((name.encode(),), date.encode(), january, possible))


def named(*names: str, date: str = "1980-05-17") -> SearchSeen:
    """A search for somebody with these names."""
    return SearchSeen("a", NOON, Marks(tuple(name.encode() for name in names), date.encode()))


def requester(seen: list[SearchSeen], now: int = NOON) -> dict[Concern, int]:
    """What would be an alarm at the requester."""
    return {each.concern: each.number for each in measure(requester_side(seen, RULES, now), {})}


def test_birth_dates_over_one_name_are_counted_by_officer() -> None:
    tried = [search("a", "somchai", f"1980-05-{day}") for day in (17, 18)]
    assert requester([*tried, search("b", "somchai", "1980-05-19"), search("a", "malee", "1980-05-20")]) == {}
    assert requester([*tried, search("a", "somchai", "1980-05-19")]) == {Concern(AlarmKind.DATES, "", "a"): 3}
    assert requester([*tried, search("a", "somchai", "1980-05-19", NOON - 8 * DAY_MS)]) == {}


def test_names_over_one_birth_date_are_counted_but_for_the_first_of_january() -> None:
    names = ("somchai", "malee", "wichai")
    assert requester([search("a", name, "1980-05-17") for name in names]) == {Concern(AlarmKind.NAMES, "", "a"): 3}
    assert requester([search("a", name, "1980-01-01", january=True) for name in names]) == {}
    assert requester([search("a", name, "") for name in names]) == {}


def test_every_name_of_a_subject_counts_and_aliases_of_one_person_are_one() -> None:
    aliases = named("somchai", "chai", "uncle", "x")
    assert names_over_one_date([aliases]) == 1
    assert names_over_one_date([aliases] * 9) == 1
    # One name stays, another is tried beside it each time.
    tried = [named("somchai", f"guess {number}") for number in range(4)]
    assert names_over_one_date(tried) == 4
    assert names_over_one_date([*tried, aliases]) == 4 + 3 - 2
    # Twenty packed into one search are not one person's.
    assert names_over_one_date([named(*(f"guess {number}" for number in range(20)))]) == 16
    assert names_over_one_date([named("a"), named("b", date="1981-01-02")]) == 1


def numbered(node: Node, *numbers: str, kind: str = "phones") -> SearchSeen:
    """A search with these numbers, marked as the node marks them."""
    line = {"query_id": "q", kind: list(numbers)}
    return SearchSeen("a", NOON, marks_of(node, person_from_json(line, id_key="query_id")[1]))


async def test_numbers_that_differ_in_a_few_digits_are_counted_wherever_they_differ(tmp_path: Path) -> None:
    async with owner_at(founded_owner(tmp_path)) as node:
        end = [numbered(node, f"+6681234567{digit}") for digit in range(8)]
        middle = [numbered(node, f"+6681{digit}{digit}45678") for digit in range(8)]
        accounts = [numbered(node, f"BKKBTHBK:12345678{digit:02d}", kind="accounts") for digit in range(8)]
        papers = [numbered(node, f"passport:TH:AA{digit}234567", kind="documents") for digit in range(8)]
        for tried in (end, middle, accounts, papers):
            assert numbers_alike(tried) == 8
            assert numbers_alike(tried[:1] * 8) == 1
        # Numbers of different people, one of them with a block of five; and of another kind of paper.
        apart = ("+66812345678", "+84912987601", "+8613800138000", "+85577654321")
        assert numbers_alike([numbered(node, number) for number in apart]) == 1
        assert numbers_alike([numbered(node, *(f"+6681234567{digit}" for digit in range(5)))]) == 1
        assert numbers_alike([]) == 0
        issuers = [numbered(node, f"passport:{of}:AA1234567", kind="documents") for of in ("TH", "LA", "KH")]
        assert numbers_alike(issuers) == 1
        found = measure(requester_side(end, RULES, NOON), {})
        assert [each.concern for each in found] == [Concern(AlarmKind.NUMBERS, "", "a")]


def test_the_same_person_asked_again_and_again_is_no_enumeration() -> None:
    again = [search("a", "somchai", "1980-05-17")] * 50
    assert dates_over_one_name(again) == 1
    assert names_over_one_date(again) == 1
    assert dates_over_one_name([]) == names_over_one_date([]) == 0


def test_possible_hits_are_summed_by_officer() -> None:
    made = [search("a", "x", "", possible=3), search("a", "y", "", possible=3), search("b", "z", "", possible=5)]
    assert requester(made) == {Concern(AlarmKind.POSSIBLE, "", "a"): 6}


_NUMBER = NumberMarks(b"e" * NUMBER_MARK_BYTES, (b"1" * NUMBER_MARK_BYTES,) * ALIKE)
FULL_MARKS = Marks((b"n" * 16,) * MOST_NAMES, b"d" * 16, True, 20, b"q" * 32, (_NUMBER,) * MOST_NUMBERS)


def test_marks_are_sealed_of_one_size_and_come_back(connection: Connection) -> None:
    sealer = Sealer(bytes(range(32)))
    for number, marks in enumerate((Marks(), FULL_MARKS)):
        made = StoredSearch(bytes([number]) * 16, "a", "fugitive", b"p", b"s", NOON + number, NOON + DAY_MS)
        searches.add(connection, sealer, [made])
        search_marks.keep(connection, sealer, {made.search_id: marks})
        assert search_marks.since(connection, sealer, NOON + number) == [SearchSeen("a", NOON + number, marks)]
    sizes = connection.exec_driver_sql("SELECT DISTINCT length(marks) FROM search").fetchall()
    assert len(sizes) == 1


def test_an_alarm_is_kept_once_grows_and_is_acknowledged_by_name(connection: Connection) -> None:
    concern = Concern(AlarmKind.NIGHT, "cn")
    assert alarms.raise_alarm(connection, Measured(concern, 3, 3), NOON) == 1
    assert alarms.raise_alarm(connection, Measured(concern, 7, 3), NOON + 1) is None
    assert alarms.raise_alarm(connection, Measured(Concern(AlarmKind.NIGHT, "vn"), 3, 3), NOON) == 2
    assert alarms.open_numbers(connection)[concern] == 7
    assert alarms.open_by_kind(connection) == {AlarmKind.NIGHT: 2}
    seen = alarms.acknowledge(connection, 1, "auditor", "a raid", NOON + 2)
    assert seen is not None
    assert (seen.number, seen.first_ms, seen.last_ms) == (7, NOON, NOON + 1)
    assert alarms.acknowledge(connection, 1, "auditor", "again", NOON + 3) is None
    assert alarms.acknowledge(connection, 9, "auditor", "none", NOON + 3) is None
    assert alarms.acknowledged_since(connection, NOON) == {concern: NOON + 2}
    assert [each.alarm_no for each in alarms.newest(connection, 10, acknowledged=False)] == [2]
    assert alarms.raise_alarm(connection, Measured(concern, 3, 3), NOON + 4) == 3
    assert [each.alarm_no for each in alarms.newest(connection, 10, acknowledged=True)] == [3, 2, 1]
    known = alarms.get(connection, 1)
    assert known is not None
    assert (known.acknowledged_by, known.note) == ("auditor", "a raid")
    assert connection.scalar(select(func.count()).select_from(alarm_table)) == 3


def test_every_kind_has_a_sentence() -> None:
    assert all(kind.meaning.endswith(".") for kind in AlarmKind)


def test_words_that_contradict_each_other_and_spent_budgets_are_read_from_the_acts(connection: Connection) -> None:
    """The acts are written as the node writes them: report_fault, answer_ask, keep_search."""
    fork = {"code": "LCG-408", "what": "a fork"}
    record_act(connection, ActKind.INDEX_REFUSED, "cn", "th", NOON, fork)
    record_act(connection, ActKind.INDEX_REFUSED, "cn", "la", NOON, {"code": "LCG-406", "what": "malformed"})
    record_act(connection, ActKind.ROSTER_REFUSED, "cn", "vn", NOON, {"code": "LCG-309"})
    for _ in range(2):
        record_act(connection, ActKind.REFUSAL, "cn", "th", NOON, {"code": "LCG-501", "ask_id": "00"})
        record_act(connection, ActKind.REFUSAL, "cn", "la", NOON, {"code": "LCG-403", "ask_id": "LCG-501"})
        record_act(connection, ActKind.SEARCH, "", "", NOON, {"answered": "la", "failed": "th:LCG-501 vn:LCG-601"})
    found = measure(list(both_sides(connection, 2, NOON, DAY_MS)), {})
    assert {each.concern: each.number for each in found} == {
        Concern(AlarmKind.EQUIVOCATION, "th"): 1,
        Concern(AlarmKind.EQUIVOCATION, "vn"): 1,
        Concern(AlarmKind.BUDGET_HERE, "th"): 2,
        Concern(AlarmKind.BUDGET_THERE, "th"): 2,
    }
    assert not measure(list(both_sides(connection, 2, NOON + 3 * DAY_MS, DAY_MS)), {})
