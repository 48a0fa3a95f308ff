"""The generated code is what the contracts generate, and the contracts break no promise made before."""

from __future__ import annotations

from tests.support import contracts


def test_generated_code_is_up_to_date_linted_and_not_broken() -> None:
    assert not contracts.check()
