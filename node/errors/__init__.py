"""The error catalogue: every failure a person or a peer may see, with a code, a remedy and one meaning.

An error is raised where the fact is known. It becomes a gRPC status in services/ and an exit code in cli/,
at exactly one place each. docs/errors.md is generated from CATALOGUE.
A new error: its code in codes.py, its entry in the file of its hundred.
"""

from __future__ import annotations

from node.errors.catalogue import CATALOGUE
from node.errors.codes import Code
from node.errors.entry import USAGE_EXIT, Entry
from node.errors.error import LancangError

__all__ = ["CATALOGUE", "USAGE_EXIT", "Code", "Entry", "LancangError"]
