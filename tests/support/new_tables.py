"""An update that brings other matcher tables, as a node meets it at its start."""

from __future__ import annotations

from pathlib import Path

_OTHER_TABLES = """
import matcher.tokens
matcher.tokens.VERSION += 1
"""


def other_tables(directory: Path) -> dict[str, str]:
    """What to start a node with so that it encodes with other tables. directory: where to keep the update."""
    updated = directory / "updated"
    updated.mkdir()
    (updated / "sitecustomize.py").write_text(_OTHER_TABLES)
    return {"PYTHONPATH": str(updated)}
