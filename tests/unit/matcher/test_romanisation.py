"""Romanisation told stage by stage: what is told is what the readers do."""

from __future__ import annotations

import re

import pytest

from matcher.names import readings
from matcher.population import generate
from matcher.romanisation import Stage, stages
from matcher.scripts import khmer, myanmar, thai

PEOPLE = 60


def written(country: str) -> list[str]:
    """Invented names of a country in its own script."""
    names = [person.record["names"] for person in generate(country, PEOPLE, 11)]
    return [str(entry[0]["text"]) for entry in names if isinstance(entry, list)]


@pytest.mark.parametrize("name", written("TH"))
def test_the_cut_of_a_thai_name_reads_as_its_likeliest_reading(name: str) -> None:
    for word in name.split():
        assert "".join(piece for _, piece in thai.cut(word)) == thai.romanise(word)


@pytest.mark.parametrize("habit", [khmer.STANDARD, khmer.FAMILY, khmer.OPEN])
def test_the_clusters_of_khmer_names_read_as_the_whole(habit: int) -> None:
    for word in (word for name in written("KH") for word in name.split()):
        told = "".join(reading for _, reading in khmer.cut(word, habit))
        assert re.sub("ei(?=[aou])", "ey", told) == khmer.romanise(word, habit)


@pytest.mark.parametrize("name", written("MM"))
def test_every_syllable_of_a_burmese_name_is_told(name: str) -> None:
    first = [cell.split("/")[0] for _, cell in myanmar.cut(name)]
    assert " ".join(first).split() == list(myanmar.syllables(name))


@pytest.mark.parametrize(
    ("name", "what", "text"),
    [
        ("ျမင့္ဦးစန္း", "Zawgyi, in Unicode", "မြင့်ဦးစန်း"),
        ("張嘉輝", "in simplified characters", "张嘉辉"),
        ("歐陽文", "family name and given name", "欧阳 | 文"),
        ("ຫລວງທອງ", "in today's spelling, without tones", "ລວງທອງ"),
        ("Nguyeenx Vawn An", "without keystrokes of Vietnamese input", "nguyen van An"),
        ("Trương Minh Tài", "without marks and signs", "truong minh tai"),
        ("ច័ន្ទ", "cut into clusters, as the standards spell", "chan"),
    ],
)
def test_a_stage_says_what_it_did(name: str, what: str, text: str) -> None:
    assert Stage(what, text) in stages(name)


def test_plain_letters_have_no_stage_to_tell() -> None:
    assert stages("Somchai Jaidee") == ()


@pytest.mark.parametrize("name", ["张嘉辉", "欧阳文"])
def test_a_chinese_name_has_no_reading_with_a_family_name_at_its_end(name: str) -> None:
    from matcher.names import searched_readings

    assert searched_readings(name) == readings(name)
