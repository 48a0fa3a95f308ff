"""All entries of the catalogue, in the order of their codes. docs/errors.md is generated from it."""

from __future__ import annotations

from node.errors.asking import ASKING
from node.errors.codes import Code
from node.errors.disclosing import DISCLOSING
from node.errors.entry import Entry
from node.errors.federation import FEDERATION
from node.errors.letters import LETTERS
from node.errors.log import LOG
from node.errors.running import RUNNING

_ENTRIES = {**ASKING, **FEDERATION, **LETTERS, **LOG, **RUNNING, **DISCLOSING}
CATALOGUE: dict[Code, Entry] = {code: _ENTRIES[code] for code in Code}
