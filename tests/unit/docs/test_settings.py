"""Every setting is explained, in operations.md and in the sample, and nothing that does not exist is."""

from __future__ import annotations

import re

import pytest

from node.config import Settings
from node.observe import REGISTRY
from tests.unit.docs.pages import DOCS, ROOT, text_of

OPERATIONS = text_of(DOCS / "operations.md")
SETTINGS = set(Settings.model_fields)


def _rows(heading: str) -> set[str]:
    """What the first column of the table under a heading names."""
    part = OPERATIONS.split(f"{heading}\n", 1)[1].split("\n#", 1)[0]
    return set(re.findall(r"^\| `([a-z_]+)`", part, re.MULTILINE))


def test_the_table_of_settings_names_every_setting_and_no_other() -> None:
    assert _rows("## Settings") == SETTINGS


def test_the_sample_names_every_setting_but_the_secret_and_no_other() -> None:
    sample = text_of(ROOT / "deploy" / "node.toml.sample")
    assert set(re.findall(r"^#? ?([a-z_]+) = ", sample, re.MULTILINE)) == SETTINGS - {"secret"}


@pytest.mark.parametrize("setting", sorted(SETTINGS))
def test_the_table_says_how_the_environment_names_a_setting(setting: str) -> None:
    assert f"LANCANG_{setting.upper()}" in OPERATIONS


def test_the_table_of_metrics_names_every_metric_and_no_other() -> None:
    kept = {family.name for family in REGISTRY.collect()}
    shown = {name.removesuffix("_total") for name in _rows("## Metrics")}
    assert shown == kept
