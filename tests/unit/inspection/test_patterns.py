"""What shows only across asks, and what innocent files look like."""

from __future__ import annotations

from tests.support.inspection_scene import Paper, names, person


def test_one_person_in_one_case_may_be_asked_again() -> None:
    paper = Paper()
    paper.honest(person(), b"case-1")
    paper.honest(person(), b"case-1")
    assert paper.inspected().report.clean


def test_one_subject_under_two_cases_wants_an_explanation() -> None:
    paper = Paper()
    paper.honest(person(), b"case-1")
    paper.honest(person(category="witness"), b"case-2")
    done = paper.inspected()
    assert names(done) == {"one-subject-under-several-cases"}
    assert done.exit_code == 23
    assert len(done.report.overall[0].ask_ids) == 2


def test_birth_dates_tried_over_one_name_are_a_pattern_whatever_its_spelling() -> None:
    paper = Paper()
    for name, born in (
        ("Somchai Jaidee", "1980-05-17"),
        ("Jaidee Somchai", "1980-05-18"),
        ("Somchay Jaidi", "1980-05-19"),
    ):
        paper.honest(person(name, born), born.encode())
    done = paper.inspected()
    assert names(done) == {"birth-dates-enumerated"}
    (found,) = done.report.overall
    assert (found.detail, len(found.ask_ids)) == ("3 birth dates", 3)


def test_names_tried_over_one_birth_date_are_a_pattern() -> None:
    paper = Paper()
    for name in ("Somchai Jaidee", "Malee Saithong", "Nguyen Van Binh"):
        paper.honest(person(name, "1980-05-17"))
    done = paper.inspected()
    assert names(done) == {"names-enumerated"}
    assert done.report.overall[0].detail == "3 names"


def test_brothers_twins_aliases_and_the_first_of_january_are_no_pattern() -> None:
    paper = Paper()
    paper.honest(person("Somchai Jaidee", "1980-05-17"))
    paper.honest(person("Somchai Jaidee", "1984-01-09"))
    paper.honest(person("Malee Saithong", "1980-05-17"))
    paper.honest(
        person("Malee Saithong", "1980-05-17", names=[{"text": "Malee Saithong"}, {"text": "Lek", "type": "alias"}])
    )
    for name in ("Somsak Dee", "Wichai Suk", "Prasert Rungrueang", "Kamon Phim"):
        paper.honest(person(name, "1975-01-01"))
    assert paper.inspected().report.clean


def test_many_people_packed_into_one_subject_are_a_pattern() -> None:
    names_of_eight = [
        {"text": text}
        for text in ("Somchai Jaidee", "Malee Saithong", "Nguyen Van Binh", "Zhang Wei", "Kyaw Zin", "Sok Dara",
                     "Bounmy Keo", "Ivan Petrov")
    ]  # fmt: skip
    paper = Paper()
    paper.honest(person("Somchai Jaidee", "1980-05-17", names=names_of_eight))
    done = paper.inspected()
    assert names(done) == {"several-people-in-one-subject"}
    assert (done.report.overall[0].detail, done.exit_code) == ("8 names", 23)

    numbers = Paper()
    numbers.honest(person("Somchai Jaidee", "1980-05-17", phones=[f"+668123456{n:02d}" for n in range(20)]))
    assert numbers.inspected().report.overall[0].detail == "20 numbers"


def test_a_person_of_many_spellings_and_some_numbers_is_no_pattern() -> None:
    spellings = [{"text": text} for text in ("Somchai Jaidee", "Somchay Jaidi", "สมชาย ใจดี", "Jaidee Somchai", "Lek")]
    paper = Paper()
    paper.honest(
        person("Somchai Jaidee", "1980-05-17", names=spellings, phones=[f"+668123456{n:02d}" for n in range(6)])
    )
    assert paper.inspected().report.clean
