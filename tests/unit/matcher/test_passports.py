"""Names as scanners and machine-readable zones leave them (ICAO 9303)."""

from __future__ import annotations

import pytest

from matcher.names import readings, searched_readings
from matcher.phonetics import frame, loose, whole
from matcher.scripts import latin, mrz

CUT = "PAPANDROPOULOUS<<JONATHON<ALEXANDER<TRE"


def meet(query: str, record: str) -> bool:
    """Whether a reading of the search and one of the record sound alike as wholes."""
    held = {whole(tuple(map(loose, reading))) for reading in readings(record)[:3]}
    return bool(held & {whole(tuple(map(loose, reading))) for reading in searched_readings(query)})


@pytest.mark.parametrize(
    ("scanned", "meant"),
    [
        ("S0MCHAI 5OMPHONE", "Somchai Somphone"),
        ("8ounmy Vi1ay", "Bounmy Vilay"),
        ("L1m Kok Ke0ng", "Lim Kok Keong"),
        ("VVichai Rnongkol", "Wichai Mongkol"),
        ("lnthavong Somrnai", "Inthavong Sommai"),
        ("SaIly Pha|apan", "Sally Phalapan"),
    ],
)
def test_letters_that_a_scanner_took_for_others_are_put_right(scanned: str, meant: str) -> None:
    assert latin.parts(latin.scanned(scanned)) == latin.parts(meant)
    assert meet(scanned, meant)


@pytest.mark.parametrize("name", ["Arnon Ornuma", "Llewellyn Lwin", "Lyudmila McIntosh", "Savvas Bernard", "Anh Ly"])
def test_a_true_name_is_no_misreading(name: str) -> None:
    assert latin.scanned(name) == name


@pytest.mark.parametrize(
    ("zone", "page"),
    [
        ("MUELLER<<JOERG<<<<<<", "Müller Jörg"),
        ("SOERENSEN<<AASE", "Sørensen Åse"),
        ("GROESS<<OETZI", "Größ Ötzi"),
        ("SHCHUKINA<<IULIIA", "Щукина Юлия"),
        ("NUNEZ<<ANGEL", "Núñez Ángel"),
        ("DANG<<THUY<DUONG", "Đặng Thùy Dương"),
    ],
)
def test_a_name_meets_its_spelling_in_the_zone(zone: str, page: str) -> None:
    assert meet(zone, page)


@pytest.mark.parametrize(
    "line",
    [
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
    ],
)
def test_a_whole_line_of_the_zone_is_read_for_its_name(line: str) -> None:
    assert len(line) in {44, 36}
    assert readings(line)[0] == ("eriksson", "anna", "maria")


def test_of_a_name_that_fills_the_zone_the_last_part_may_be_cut() -> None:
    assert len(CUT) == 39
    assert mrz.is_cut(CUT)
    assert not mrz.is_cut("ERIKSSON<<ANNA<MARIA")
    assert ("papandropoulous", "jonathon", "alexander") in searched_readings(CUT)
    whole_parts = {frame(part) for part in readings("Jonathon Alexander Papandropoulous")[0]}
    assert {frame(part) for part in searched_readings(CUT)[0]} > whole_parts
