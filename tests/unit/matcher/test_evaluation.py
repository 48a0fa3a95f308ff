"""The matcher over plain files: invented people of six scripts are found by Latin spellings, strangers are not."""

from __future__ import annotations

import pytest

from matcher.evaluation import PlainIndex, candidates, read_line
from matcher.population import COUNTRIES, generate
from matcher.reading import person_from_json


def test_of_a_line_only_what_counts_is_read() -> None:
    line = {"record_id": "r", "names": [{"text": "Somchai Jaidee"}], "country": "TH", "phones": "not even a list"}
    record_id, person = read_line(line, "record_id")
    assert record_id == "r"
    assert person.phones == ()


def test_at_most_ten_candidates_a_query() -> None:
    person = read_line({"query_id": "q", "names": [{"text": "Somchai Jaidee"}]}, "query_id")[1]
    found = list(candidates([(f"r{n}", person) for n in range(40)], [("q", person)]))
    assert len(found) == 10
    assert len({each.score for each in found}) == 1


@pytest.mark.parametrize("country", COUNTRIES)
def test_invented_people_of_each_script_are_found_by_ear(country: str) -> None:
    people = list(generate(country, 100, 5))
    index = PlainIndex()
    for each in people:
        index.add(*person_from_json(each.record, id_key="record_id"))
    found = strangers = 0
    for each in people:
        query = {"query_id": "q", "names": [{"text": each.heard}], "birth_date": each.record["birth_date"]}
        ranked = index.search(person_from_json(query, id_key="query_id")[1])
        found += bool(ranked) and ranked[0][0] == each.record["record_id"] and ranked[0][1] >= 0.4
        query["birth_date"] = "1930-02-03"
        strangers += any(value >= 0.4 for _, value in index.search(person_from_json(query, id_key="query_id")[1]))
    assert found >= 93
    assert strangers <= 3


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_population_is_the_same_for_a_seed_and_readable(country: str) -> None:
    people = list(generate(country, 50, 9))
    assert people == list(generate(country, 50, 9))
    assert people != list(generate(country, 50, 10))
    assert len({each.record["record_id"] for each in people}) == 50
    for each in people:
        assert each.heard.replace(" ", "").isascii()
        _, person = person_from_json(each.record, id_key="record_id")
        assert person.birth_date is not None
        assert person.birth_date.is_full


def test_no_names_for_other_countries() -> None:
    with pytest.raises(ValueError, match="CN, KH"):
        next(generate("FR", 1, 1))
