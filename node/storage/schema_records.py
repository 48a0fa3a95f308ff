"""Records, what becomes visible together, and imports (records.py, changes.py, imports.py, evaluations.py)."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, Table, Text

from node.storage.schema import Number, metadata, number, required

# Numbers that are never given twice, also not after the rows that bore them are gone.
counter = Table("counter", metadata, Column("name", Text, primary_key=True), required("value", Number))

# What becomes visible together: an import, or a single change. visible_no orders them; without one they are staged.
change_set = Table("change_set", metadata, number("set_no"), Column("visible_no", Number, unique=True))

# One version of one record, or its withdrawal. version: numbered over all records, never given twice.
# row: keyed hash of the record id. body: sealed record id and content. line: where in its import it stood.
record_version = Table(
    "record_version",
    metadata,
    number("version"),
    Column("set_no", Number, ForeignKey("change_set.set_no"), nullable=False),
    required("row", LargeBinary),
    required("kind", Text),
    Column("digest", LargeBinary),
    Column("body", LargeBinary),
    Column("line", Number),
    required("ms", Number),
    Index(None, "row"),
    Index(None, "set_no", "version"),
)

# The VOPRF evaluations of one version's tokens in one epoch; body: sealed kinds and values.
evaluation = Table(
    "evaluation",
    metadata,
    Column("version", Number, ForeignKey("record_version.version", ondelete="CASCADE"), nullable=False),
    required("epoch", Number),
    required("body", LargeBinary),
    PrimaryKeyConstraint("version", "epoch"),
)

# file_digest: keyed hash of the file. lines_done: every line up to this one is staged, refused or unchanged.
record_import = Table(
    "record_import",
    metadata,
    number("import_no"),
    Column("import_id", LargeBinary, nullable=False, unique=True),
    Column("set_no", Number, ForeignKey("change_set.set_no"), nullable=False, unique=True),
    required("file_digest", LargeBinary),
    required("state", Text),
    required("lines_done", Number),
    required("accepted", Number),
    required("unchanged", Number),
    required("refused", Number),
    required("started_ms", Number),
    Column("finished_ms", Number),
)

# Why a line was not taken. message: no personal data.
import_report = Table(
    "import_report",
    metadata,
    Column("import_no", Number, ForeignKey("record_import.import_no", ondelete="CASCADE"), nullable=False),
    required("line", Number),
    required("code", Text),
    required("message", Text),
    PrimaryKeyConstraint("import_no", "line"),
)
