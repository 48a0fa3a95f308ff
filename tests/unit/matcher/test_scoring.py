"""From shared tokens to candidates: more evidence never lowers, equal evidence ties, a name alone is never strong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.person import Person, Sex
from matcher.scoring import PRIOR, Band, Candidate, FoundToken, contributions, information, score
from matcher.tokens import KINDS, kind_by_number, query_tokens, record_tokens
from tests.unit.matcher.people import person

A, B = b"aaaaaaa", b"bbbbbbb"
NUMBERS = [kind.number for kind in KINDS if not kind.contradicts]
NAMES_ONLY = [kind.number for kind in KINDS if not kind.beyond_name]


def search(query: Person, records: dict[bytes, Person], population: float = 100) -> list[Candidate]:
    """Search records in plain sight, as an index copy would be walked."""
    asked = query_tokens(query)
    held = {tag: set(record_tokens(record)) for tag, record in records.items()}
    found = [
        FoundToken(position, token.kind, tags, common=False)
        for position, token in enumerate(asked)
        if (tags := tuple(tag for tag, tokens in held.items() if token in tokens))
    ]
    return score(found, [token.kind for token in asked], population)


def test_information_falls_with_bearers_and_a_small_index_makes_nothing_rare() -> None:
    kind = kind_by_number(20)
    assert information(100_000, 1, kind) > information(100_000, 10, kind) > information(100_000, 100, kind)
    assert information(100, 1, kind, prior=0) < information(100, 1, kind) < information(1_000_000, 1, kind)
    assert information(100, 0, kind) == information(100, 1, kind)
    assert information(0, 1_000_000, kind) == 0
    assert information(100, 1, kind, PRIOR) == information(100, 1, kind)


def test_name_and_birth_date_make_a_strong_hit_even_in_a_tiny_index() -> None:
    (hit,) = search(person("Somchai Jaidee"), {A: person("สมชาย ใจดี")})
    assert hit.band is Band.STRONG
    assert hit.agreed[0].startswith("birth-date+")
    assert hit.positions == tuple(sorted(hit.positions))


def test_a_namesake_with_another_birth_date_is_no_strong_hit() -> None:
    hits = search(person("Somchai Jaidee", "1971-03-04"), {A: person("สมชาย ใจดี")})
    assert all(hit.band is not Band.STRONG for hit in hits)


def test_a_rare_name_alone_is_a_possible_hit() -> None:
    (hit,) = search(person("Prasanwong Phongsathon", None), {A: person("พงศธร ประสานวงศ์")})
    assert hit.band is Band.POSSIBLE


@pytest.mark.parametrize("number", [1, 2, 3])
def test_one_exact_identifier_is_a_strong_hit(number: int) -> None:
    (hit,) = score([FoundToken(0, number, (A,), common=False)], [number], 100)
    assert hit.band is Band.STRONG
    assert hit.agreed == (kind_by_number(number).name,)


def agreeing(kinds: tuple[int, ...], bearers: int) -> Band:
    """The band of a record that agrees in these kinds, its name being borne by so many."""
    others = tuple(b"other%02d" % number for number in range(bearers - 1))
    names = {kind.number for kind in KINDS if kind.is_namesake}
    found = [
        FoundToken(place, kind, (A, *others) if kind in names else (A,), common=False)
        for place, kind in enumerate(kinds)
    ]
    return next(hit.band for hit in score(found, kinds, 100_000) if hit.tag == A)


WHOLE, PART, PAIR, INITIALS, SHAPE, LOOSE, FRAME = 10, 13, 14, 18, 15, 20, 23


@pytest.mark.parametrize(
    ("kinds", "bearers", "strong"),
    [
        ((WHOLE, PART, PAIR, INITIALS, SHAPE, LOOSE, FRAME), 1, True),
        ((WHOLE, PART, PAIR, INITIALS, SHAPE, LOOSE, FRAME), 150, True),
        ((WHOLE, PART, PAIR, INITIALS, SHAPE, LOOSE, FRAME), 200, False),
        ((WHOLE, PART, INITIALS, LOOSE, FRAME), 5, True),
        ((WHOLE, PART, INITIALS, LOOSE, FRAME), 50, False),
        ((PART, PAIR, INITIALS, SHAPE, LOOSE, FRAME), 1, False),
        ((WHOLE, PART, PAIR, INITIALS, SHAPE), 1, False),
    ],
    ids=[
        "rare",
        "not rare",
        "common",
        "date near, rare",
        "date near, common",
        "parts only",
        "too common to be counted",
    ],
)
def test_a_strong_hit_needs_birth_date_whole_name_and_few_who_bear_it(
    kinds: tuple[int, ...], bearers: int, strong: bool
) -> None:
    assert agreeing(kinds, bearers) is (Band.STRONG if strong else Band.POSSIBLE)


def test_a_phone_number_without_its_country_is_possible_whatever_else() -> None:
    (hit,) = search(person("Chen Zhiming", phones=("0812345678",)), {A: person("สมชาย ใจดี", phones=("+66812345678",))})
    assert hit.band is Band.POSSIBLE
    assert hit.agreed == ("phone-local",)


@pytest.mark.parametrize(("sex", "speaks_against"), [(Sex.FEMALE, True), (Sex.MALE, False), (Sex.UNKNOWN, False)])
def test_the_other_sex_speaks_against_and_the_same_adds_nothing(sex: Sex, speaks_against: bool) -> None:
    query = replace(person("Somchai Jaidee", None), sex=Sex.MALE)
    plain, told = (person("สมชาย ใจดี"), replace(person("สมชาย ใจดี"), sex=sex))
    (neutral,), (hit,) = search(query, {A: plain}), search(query, {A: told})
    assert (hit.score < neutral.score) is speaks_against
    assert speaks_against or hit == neutral
    assert hit.agreed == neutral.agreed
    assert hit.positions == neutral.positions


def test_what_contradicts_is_no_candidate_by_itself() -> None:
    assert score([FoundToken(0, 25, (A,), common=False)], [25], 100) == []


def test_the_steps_of_a_score_hold_what_speaks_against() -> None:
    found = [FoundToken(0, 20, (A,), common=False), FoundToken(1, 25, (A,), common=False)]
    steps = {step.kind: step for step in contributions(found, [20, 25], 100, A)}
    assert steps["sex+name-loose"].log_odds < 0 < steps["name-loose"].log_odds


def test_an_identifier_outweighs_a_different_name() -> None:
    query = person("Somchai Jaidee", phones=("+66812345678",))
    (hit,) = search(query, {A: person("Nguyen Van An", "1990-01-02", phones=("+66812345678",))})
    assert hit.band is Band.STRONG


def test_equal_evidence_gives_equal_scores_in_order_of_tag() -> None:
    twins = {B: person("สมชาย ใจดี"), A: person("สมชาย ใจดี")}
    first, second = search(person("Somchai Jaidee"), twins)
    assert first.score == second.score
    assert (first.tag, second.tag) == (A, B)


def test_a_cut_list_weighs_nothing() -> None:
    assert score([FoundToken(0, 20, (A,), common=True)], [20], 100) == []
    assert score([FoundToken(0, 20, (), common=False)], [20], 100) == []
    assert score([], [20, 21], 100) == []


def test_a_tag_counts_once_under_one_token() -> None:
    once = score([FoundToken(0, 20, (A,), common=False)], [20], 100)
    assert score([FoundToken(0, 20, (A, A), common=False)], [20], 100) == once


def test_an_unknown_kind_is_no_silent_zero() -> None:
    with pytest.raises(KeyError):
        score([FoundToken(0, 255, (A,), common=False)], [255], 100)


_FOUND = st.lists(
    st.tuples(st.integers(0, 63), st.sampled_from(NUMBERS)), unique_by=lambda entry: entry[0], max_size=12
)


@given(_FOUND, st.tuples(st.integers(64, 70), st.sampled_from(NUMBERS)), st.floats(1, 1e6))
def test_more_evidence_never_lowers_a_score(
    shared: list[tuple[int, int]], further: tuple[int, int], population: float
) -> None:
    asked = [kind for _, kind in [*shared, further]]
    found = [FoundToken(position, kind, (A,), common=False) for position, kind in shared]
    before = score(found, asked, population)
    after = score([*found, FoundToken(further[0], further[1], (A,), common=False)], asked, population)
    assert after[0].score >= (before[0].score if before else 0)
    assert 0 <= after[0].score <= 1


@given(st.lists(st.sampled_from(NAMES_ONLY), min_size=1, max_size=64), st.floats(1, 1e7))
def test_a_name_alone_is_never_strong(kinds: list[int], population: float) -> None:
    found = [FoundToken(position, kind, (A,), common=False) for position, kind in enumerate(kinds)]
    assert all(hit.band is not Band.STRONG for hit in score(found, kinds, population))


@given(_FOUND, st.permutations(range(12)))
def test_the_order_of_what_was_found_changes_nothing(shared: list[tuple[int, int]], order: list[int]) -> None:
    found = [FoundToken(position, kind, (A, B)[: 1 + position % 2], common=False) for position, kind in shared]
    turned = [found[place] for place in order if place < len(found)]
    asked = [kind for _, kind in shared]
    assert score(found, asked, 100) == score(turned, asked, 100)
    assert sum(hit.score for hit in score(found, asked, 100)) <= 1 + 1e-6
