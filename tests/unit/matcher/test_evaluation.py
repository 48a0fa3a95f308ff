"""The matcher over plain files: invented people of six scripts are found by Latin spellings, strangers are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matcher.evaluation import PlainIndex, candidates, evaluate
from matcher.population import COUNTRIES, generate
from matcher.reading import person_from_json


def test_files_go_in_and_candidates_come_out(tmp_path: Path) -> None:
    people = list(generate("TH", 20, 1))
    records, queries, out = (tmp_path / name for name in ("records.jsonl", "queries.jsonl", "out.jsonl"))
    records.write_text("\n".join(json.dumps({**each.record, "extra": 1}) for each in people) + "\n\n", encoding="utf-8")
    lines = [{"query_id": "q1", "names": [{"text": people[3].heard}], "birth_date": people[3].record["birth_date"]}]
    lines.append({"query_id": "q2", "names": [{"text": "12345"}], "country": "TH"})
    queries.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    assert evaluate(records, queries, out) == len(out.read_text(encoding="utf-8").splitlines())
    first = json.loads(out.read_text(encoding="utf-8").splitlines()[0])
    assert first["query_id"] == "q1"
    assert first["record_id"] == people[3].record["record_id"]
    assert set(first) == {"query_id", "record_id", "score"}


def test_at_most_ten_candidates_a_query() -> None:
    records = [{"record_id": f"r{n}", "names": [{"text": "Somchai Jaidee"}]} for n in range(40)]
    found = list(candidates(records, [{"query_id": "q", "names": [{"text": "Somchai Jaidee"}]}]))
    assert len(found) == 10
    assert len({line["score"] for line in found}) == 1


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
