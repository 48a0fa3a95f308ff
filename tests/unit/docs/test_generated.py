"""Pages and tables that the code writes are as the code would write them now."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.errors import CATALOGUE, Code
from tests.unit.docs.generate import ERRORS, TABLES, errors_page, exit_codes_table, with_tables
from tests.unit.docs.pages import text_of


def test_the_page_of_errors_is_the_catalogue() -> None:
    assert text_of(ERRORS) == errors_page(), "run: python -m tests.unit.docs.generate"


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.name)
def test_the_tables_of_a_page_are_the_code(page: Path) -> None:
    assert text_of(page) == with_tables(text_of(page), page), "run: python -m tests.unit.docs.generate"


def test_every_code_stands_in_the_catalogue_and_in_the_table_of_exit_codes() -> None:
    table = exit_codes_table()
    assert set(CATALOGUE) == set(Code)
    assert all(code.value in table for code in Code)


def test_a_page_without_a_place_for_its_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        with_tables("# Operations\n")
