"""All entries of the catalogue, in the order of their codes. docs/errors.md is generated from it."""

from __future__ import annotations

from node.errors.asking import ASKING
from node.errors.codes import Code
from node.errors.entry import Entry
from node.errors.federation import FEDERATION
from node.errors.running import RUNNING

CATALOGUE: dict[Code, Entry] = {**ASKING, **FEDERATION, **RUNNING}
