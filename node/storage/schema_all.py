"""Every table of a node's database at once: a file of tables that is missing here is unknown to the migrations."""

from __future__ import annotations

from node.storage import (
    schema_acts,
    schema_asks,
    schema_copies,
    schema_corrections,
    schema_courier,
    schema_disclosures,
    schema_epochs,
    schema_exclusions,
    schema_log,
    schema_members,
    schema_onward,
    schema_publishing,
    schema_records,
    schema_reveals,
    schema_searches,
)
from node.storage.schema import metadata

__all__ = [
    "metadata",
    "schema_acts",
    "schema_asks",
    "schema_copies",
    "schema_corrections",
    "schema_courier",
    "schema_disclosures",
    "schema_epochs",
    "schema_exclusions",
    "schema_log",
    "schema_members",
    "schema_onward",
    "schema_publishing",
    "schema_records",
    "schema_reveals",
    "schema_searches",
]
